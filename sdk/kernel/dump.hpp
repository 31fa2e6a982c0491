// SPDX-License-Identifier: MIT
/// A dump of a kernel's memory, whatever its format: a copy of /proc/vmcore, or what makedumpfile made of
/// it, as ELF (-E) or in its compressed format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/layout.hpp>
#include <kjump/result.hpp>

#include "kernel/dump_source.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

enum class DumpFormat { kElf, kKdump };

/// "ELF", "kdump": for people.
[[nodiscard]] const char* dump_format_name(DumpFormat format);

/// What makedumpfile leaves out, bit by bit of its option -d (makedumpfile(8)).
enum DumpLevel : std::uint32_t {
  kLeavesOutZero = 1,
  kLeavesOutCache = 2,
  kLeavesOutPrivateCache = 4,
  kLeavesOutUser = 8,
  kLeavesOutFree = 16,
};

struct DumpFacts {
  DumpFormat format = DumpFormat::kElf;
  std::optional<std::uint32_t> level;  ///< DumpLevel; none: the format does not record it
  std::string vmcoreinfo;              ///< the note's text
  std::string release;                 ///< uname -r of the dumped kernel
  /// Physical memory that the dump is about, left-out pages included: whole pages, sorted, disjoint.
  std::vector<MemoryPiece> memory;
  std::uint64_t pages = 0;          ///< of `memory`
  std::uint64_t pages_there = 0;    ///< of these, those with content in the file
  std::uint64_t checked_pages = 0;  ///< with a checksum of their own, as far as read() has come to them
};

class Dump {
 public:
  Dump() = default;
  Dump(const Dump&) = delete;
  Dump& operator=(const Dump&) = delete;
  Dump(Dump&&) = delete;
  Dump& operator=(Dump&&) = delete;
  virtual ~Dump() = default;

  [[nodiscard]] const DumpFacts& facts() const { return facts_; }
  /// The dump has this page's content. One that was left out may be zero or free: the format does not say.
  [[nodiscard]] virtual bool has_page(std::uint64_t frame) const = 0;
  /// Memory from a physical address on. Left-out pages read as zeros; an address that the dump is not about
  /// is an error, and so is a checksum that is wrong.
  [[nodiscard]] virtual Result<void> read(std::uint64_t physical, std::span<std::byte> to) = 0;
  /// All of [physical, physical + bytes) is within facts().memory.
  [[nodiscard]] bool covers(std::uint64_t physical, std::uint64_t bytes) const;

 protected:
  DumpFacts facts_;
};

/// Believes nothing of it before it is checked; what it says of itself must lie within it.
[[nodiscard]] Result<std::unique_ptr<Dump>> open_dump(std::unique_ptr<DumpSource> source);
[[nodiscard]] Result<std::unique_ptr<Dump>> open_dump(const std::string& path);

// One for each format.
[[nodiscard]] Result<std::unique_ptr<Dump>> open_elf_dump(std::unique_ptr<DumpSource> source);
[[nodiscard]] Result<std::unique_ptr<Dump>> open_kdump(std::unique_ptr<DumpSource> source);

/// OSRELEASE of that text; empty when it does not say.
[[nodiscard]] std::string release_in(const std::string& vmcoreinfo);

/// Sorted, what touches or overlaps joined.
[[nodiscard]] std::vector<MemoryPiece> united(std::vector<MemoryPiece> pieces);

}  // namespace kjump::two_kernels
