// SPDX-License-Identifier: MIT
/// Jump images: ELF64 files with a KJUMP note. Reading, checking, writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/image.hpp>
#include <kjump/digest.hpp>
#include <kjump/result.hpp>

namespace kjump {

/// One piece of memory that an image occupies. Addresses are physical, below abi::kImageEnd.
struct Segment {
  std::uint32_t address = 0;       ///< page-aligned
  std::uint32_t memory_bytes = 0;  ///< page-aligned; what lies beyond the content is zero
  std::vector<std::byte> content;  ///< at most memory_bytes

  [[nodiscard]] std::uint32_t end() const { return address + memory_bytes; }
};

struct Symbol {
  std::string name;
  std::uint32_t address = 0;  ///< physical
  std::uint32_t bytes = 0;
};

/// DWARF line tables: which source line an address comes from. In the file only, never loaded. Addresses are
/// those of the linker: of code in the real segment, its offset there.
struct LineTables {
  std::vector<std::byte> lines;    ///< section .debug_line; empty: there are none
  std::vector<std::byte> strings;  ///< section .debug_line_str
};

/// The note in host types.
struct ImageInfo {
  std::uint16_t format_version = abi::kNoteFormatVersion;
  abi::PayloadMode mode = abi::PayloadMode::kPhysical;
  std::uint32_t flags = 0;            ///< abi::kImage* bits
  std::uint32_t kexec_entry = 0;      ///< physical address
  std::uint32_t wake_entry = 0;       ///< physical address, 0: none
  std::uint32_t parameters = 0;       ///< physical address of abi::LoaderParameters
  std::uint32_t memory_map = 0;       ///< physical address of abi::MemoryMap, 0: the image has none
  std::uint32_t boot_entry = 0;       ///< physical address in the real segment, 0: none
  std::uint32_t boot_entry_flat = 0;  ///< physical address, 0: none
  std::uint32_t exchange_base = 0;    ///< physical address, 0: standalone
  std::uint32_t exchange_bytes = 0;
  std::uint32_t deadline_ms = 0;
  std::string name;
  std::string version;
  std::string description;

  [[nodiscard]] bool needs_bios() const { return (flags & abi::kImageNeedsBios) != 0; }
  [[nodiscard]] bool standalone() const { return (flags & abi::kImageStandalone) != 0; }
};

/// A checked jump image: the note is sane, segments are page-aligned, do not overlap, lie within
/// [abi::kImageLowest, abi::kImageEnd) and outside the exchange, entries and parameters lie in content.
class Image {
 public:
  /// Reads a file. Errors name the path and the offset of what is wrong. When a hash is given, any file but
  /// that one is refused before a byte of it is believed.
  [[nodiscard]] static Result<Image> open(const std::filesystem::path& path,
                                          const std::optional<Sha256>& pinned = {});

  /// Parses bytes; `origin` stands for the path in errors. Never crashes, whatever the bytes.
  [[nodiscard]] static Result<Image> parse(std::span<const std::byte> bytes, const std::string& origin);

  /// Builds an image from parts and checks it by the same rules (used by the linker).
  [[nodiscard]] static Result<Image> build(ImageInfo info, std::vector<Segment> segments,
                                           std::vector<Symbol> symbols, LineTables line_tables = {});

  /// The ELF64 file: PT_LOAD for each segment, PT_NOTE, symbol table, line tables.
  [[nodiscard]] Result<std::vector<std::byte>> serialize() const;
  [[nodiscard]] Result<void> write(const std::filesystem::path& path) const;

  [[nodiscard]] const ImageInfo& info() const { return info_; }
  [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
  [[nodiscard]] const std::vector<Symbol>& symbols() const { return symbols_; }
  [[nodiscard]] const LineTables& line_tables() const { return line_tables_; }

  /// Segments with the loader's parameters patched in: what a door puts into memory. `ram` is for images that
  /// have room for it (info().memory_map).
  [[nodiscard]] Result<std::vector<Segment>> prepared(const abi::LoaderParameters& parameters,
                                                      std::span<const abi::RamRange> ram = {}) const;

 private:
  ImageInfo info_;
  std::vector<Segment> segments_;
  std::vector<Symbol> symbols_;
  LineTables line_tables_;
};

}  // namespace kjump
