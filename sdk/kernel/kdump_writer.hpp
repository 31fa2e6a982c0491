// SPDX-License-Identifier: MIT
/// Writes a dump in makedumpfile's compressed format (kdump_format.hpp), which our own reader, makedumpfile
/// and crash read. Each page that gets smaller is a zlib stream, with its checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "kernel/kdump_format.hpp"

namespace kjump::two_kernels {

struct KdumpPlan {
  std::string release;
  std::string vmcoreinfo;
  std::string notes;  ///< as in a PT_NOTE, VMCOREINFO's among them
  std::uint64_t phys_base = 0;
  std::uint32_t level = 0;  ///< DumpLevel
  std::uint64_t seconds = 0;
  std::uint64_t frames = 0;
  std::vector<std::byte> memory;  ///< a bit for each frame of memory
  std::vector<std::byte> there;   ///< a bit for each frame that is written
};

class KdumpWriter {
 public:
  /// Whole blocks at multiples of a block, as a disk past every cache wants it.
  using WriteAt = std::function<Result<void>(std::uint64_t offset, std::span<const std::byte> bytes)>;

  /// All but the pages; until finish() the header says that the dump is incomplete.
  [[nodiscard]] static Result<KdumpWriter> begin(WriteAt write, KdumpPlan plan);
  KdumpWriter(KdumpWriter&&) noexcept;
  KdumpWriter& operator=(KdumpWriter&&) = delete;
  KdumpWriter(const KdumpWriter&) = delete;
  KdumpWriter& operator=(const KdumpWriter&) = delete;
  ~KdumpWriter();

  /// The next page of those that are there, in order of their frames: kdump::kBlockBytes.
  [[nodiscard]] Result<void> page(std::span<const std::byte> content);
  /// Returns the dump's length.
  [[nodiscard]] Result<std::uint64_t> finish();

  [[nodiscard]] std::uint64_t zero_pages() const { return zero_pages_; }

 private:
  KdumpWriter(WriteAt write, KdumpPlan plan);

  [[nodiscard]] Result<void> write_head(std::uint32_t status);
  [[nodiscard]] Result<void> add(const kdump::PageDescriptor& descriptor);
  [[nodiscard]] Result<void> flush_descriptors();
  [[nodiscard]] Result<void> append(std::span<const std::byte> bytes);
  [[nodiscard]] Result<void> flush_pages(bool last);

  struct Deflater;
  WriteAt write_;
  KdumpPlan plan_;
  std::unique_ptr<Deflater> deflater_;
  std::uint64_t pages_ = 0;  ///< of plan_.there
  std::uint64_t descriptors_at_ = 0;
  std::uint64_t data_at_ = 0;
  std::uint64_t zero_at_ = 0;
  std::uint64_t zero_pages_ = 0;
  std::uint64_t described_ = 0;
  std::vector<kdump::PageDescriptor> descriptors_;
  std::vector<std::byte> data_;
};

}  // namespace kjump::two_kernels
