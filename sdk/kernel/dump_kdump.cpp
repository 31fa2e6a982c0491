// SPDX-License-Identifier: MIT
// A dump in makedumpfile's compressed format (kdump_format.hpp). Only zlib is read: its streams carry a
// checksum each, and it is what makedumpfile -c and kdump-tools' default write.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "kernel/dump.hpp"
#include "kernel/frame_bitmap.hpp"
#include "kernel/kdump_format.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kMostFrames = std::uint64_t{1} << 40;
constexpr std::uint64_t kMostVmcoreinfo = std::uint64_t{1} << 20;
constexpr std::size_t kDescriptorsAtOnce = 1024;
constexpr std::size_t kWindowBytes = std::size_t{1} << 20;

class KdumpDump final : public Dump {
 public:
  explicit KdumpDump(std::unique_ptr<DumpSource> source) : source_(std::move(source)) {
    facts_.format = DumpFormat::kKdump;
  }

  Result<void> parse();
  [[nodiscard]] bool has_page(std::uint64_t frame) const override { return there_.test(frame); }
  [[nodiscard]] Result<void> read(std::uint64_t physical, std::span<std::byte> to) override;

 private:
  [[nodiscard]] Result<void> check(const kdump::Header& header) const;
  [[nodiscard]] Result<void> check(const kdump::SubHeader& sub) const;
  Result<void> read_names(const kdump::Header& header, const kdump::SubHeader& sub);
  Result<void> read_bitmaps(const kdump::Header& header, const kdump::SubHeader& sub);
  Result<kdump::PageDescriptor> descriptor_of(std::uint64_t frame);
  Result<std::span<const std::byte>> stored(const kdump::PageDescriptor& descriptor);
  Result<void> load_page(std::uint64_t frame);

  std::unique_ptr<DumpSource> source_;
  FrameBitmap there_;
  std::uint64_t descriptors_at_ = 0;
  std::vector<kdump::PageDescriptor> descriptors_;  ///< from first_descriptor_ on
  std::uint64_t first_descriptor_ = 0;
  std::vector<std::byte> window_;  ///< of the source, from window_at_ on
  std::uint64_t window_at_ = 0;
  std::array<std::byte, kdump::kBlockBytes> page_{};
  std::uint64_t page_frame_ = UINT64_MAX;  ///< what page_ is
};

Result<void> KdumpDump::check(const kdump::Header& header) const {
  const std::string& name = source_->name();
  if (header.block_bytes != kdump::kBlockBytes ||
      std::string_view(header.names[kdump::kMachine], 7) != std::string_view("x86_64\0", 7)) {
    return fail(ErrorCode::kUnsupported, "a dump of another architecture than x86_64", name);
  }
  if (header.version < kdump::kVersionWithNotes) {
    return fail(ErrorCode::kUnsupported, fmt::format("format version {} is too old", header.version), name,
                "take the dump with makedumpfile 1.3.8 or later");
  }
  if ((header.status & kdump::kIncomplete) != 0) {
    return fail(ErrorCode::kMalformed, "makedumpfile could not finish this dump", name,
                "take it again, to a disk with room enough");
  }
  return {};
}

Result<void> KdumpDump::check(const kdump::SubHeader& sub) const {
  if (sub.split != 0) {
    return fail(ErrorCode::kUnsupported, "one part of a dump that was split", source_->name(),
                "put it together with: makedumpfile --reassemble PART... NEW");
  }
  if (sub.erased_bytes != 0) {
    return fail(ErrorCode::kUnsupported, "data was erased from this dump on purpose", source_->name(),
                "a kernel can go on from a dump with all of its data only");
  }
  return {};
}

Result<void> KdumpDump::parse() {
  kdump::Header header{};
  KJUMP_CHECK(source_->read(0, std::as_writable_bytes(std::span(&header, 1))));
  KJUMP_CHECK(check(header));
  kdump::SubHeader sub{};
  KJUMP_CHECK(source_->read(kdump::kBlockBytes, std::as_writable_bytes(std::span(&sub, 1))));
  KJUMP_CHECK(check(sub));
  facts_.level = sub.level;
  KJUMP_CHECK(read_names(header, sub));
  return read_bitmaps(header, sub);
}

Result<void> KdumpDump::read_names(const kdump::Header& header, const kdump::SubHeader& sub) {
  const char* const release = header.names[kdump::kRelease];
  facts_.release.assign(release, ::strnlen(release, sizeof header.names[kdump::kRelease]));
  if (sub.vmcoreinfo_bytes > kMostVmcoreinfo) {
    return fail(ErrorCode::kMalformed, "VMCOREINFO is too large to be", source_->name());
  }
  facts_.vmcoreinfo.resize(static_cast<std::size_t>(sub.vmcoreinfo_bytes));
  KJUMP_CHECK(source_->read(sub.vmcoreinfo_offset, std::as_writable_bytes(std::span(facts_.vmcoreinfo))));
  facts_.vmcoreinfo.resize(std::min(facts_.vmcoreinfo.find('\0'), facts_.vmcoreinfo.size()));
  if (const std::string told = release_in(facts_.vmcoreinfo); !told.empty() && told != facts_.release) {
    return fail(ErrorCode::kMalformed,
                fmt::format("its header is of kernel {}, its VMCOREINFO of {}", facts_.release, told),
                source_->name());
  }
  return {};
}

/// Frames whose bits are set, as pieces of memory.
std::vector<MemoryPiece> pieces_of(const FrameBitmap& bitmap) {
  std::vector<MemoryPiece> pieces;
  for (std::uint64_t frame = 0; frame < bitmap.frames(); ++frame) {
    if (!bitmap.test(frame)) {
      continue;
    }
    const std::uint64_t address = frame * kdump::kBlockBytes;
    if (!pieces.empty() && pieces.back().end() == address) {
      pieces.back().bytes += kdump::kBlockBytes;
    } else {
      pieces.push_back({address, kdump::kBlockBytes});
    }
  }
  return pieces;
}

Result<void> KdumpDump::read_bitmaps(const kdump::Header& header, const kdump::SubHeader& sub) {
  const std::uint64_t frames =
      header.version >= kdump::kVersionWith64Bits ? sub.frames_64 : std::uint64_t{header.frames};
  const std::uint64_t bitmap_bytes = std::uint64_t{header.bitmap_blocks} / 2 * kdump::kBlockBytes;
  constexpr std::uint64_t kByteBits = 8;
  if (frames > kMostFrames || (frames + kByteBits - 1) / kByteBits > bitmap_bytes ||
      bitmap_bytes > source_->bytes() || bitmap_bytes > SIZE_MAX) {
    return fail(ErrorCode::kMalformed, fmt::format("bitmaps of {} frames cannot be", frames),
                source_->name());
  }
  const std::uint64_t first = (1 + std::uint64_t{header.sub_header_blocks}) * kdump::kBlockBytes;
  std::vector<std::byte> bits(static_cast<std::size_t>(bitmap_bytes));
  KJUMP_CHECK(source_->read(first, bits));
  const FrameBitmap memory(bits, frames);
  KJUMP_CHECK(source_->read(first + bitmap_bytes, bits));
  there_ = FrameBitmap(bits, frames);
  facts_.memory = pieces_of(memory);
  facts_.pages = memory.set();
  facts_.pages_there = there_.set();
  descriptors_at_ = first + std::uint64_t{header.bitmap_blocks} * kdump::kBlockBytes;
  if (facts_.pages == 0 || facts_.pages_there > facts_.pages) {
    return fail(ErrorCode::kMalformed, "the dump's bitmaps contradict each other", source_->name());
  }
  return {};
}

Result<kdump::PageDescriptor> KdumpDump::descriptor_of(std::uint64_t frame) {
  const std::uint64_t number = there_.rank(frame);
  if (number < first_descriptor_ || number - first_descriptor_ >= descriptors_.size()) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kDescriptorsAtOnce, there_.set() - number));
    descriptors_.resize(count);
    first_descriptor_ = number;
    const auto read = source_->read(descriptors_at_ + number * sizeof(kdump::PageDescriptor),
                                    std::as_writable_bytes(std::span(descriptors_)));
    if (!read) {
      descriptors_.clear();
      return Failure(read.error());
    }
  }
  return descriptors_[static_cast<std::size_t>(number - first_descriptor_)];
}

/// Pages lie in the file in the order of their frames, so that a window that moves on serves most of them.
Result<std::span<const std::byte>> KdumpDump::stored(const kdump::PageDescriptor& descriptor) {
  const std::size_t bytes = descriptor.bytes;
  if (descriptor.offset < window_at_ || descriptor.offset - window_at_ > window_.size() ||
      bytes > window_.size() - static_cast<std::size_t>(descriptor.offset - window_at_)) {
    const std::uint64_t left =
        source_->bytes() > descriptor.offset ? source_->bytes() - descriptor.offset : 0;
    window_.resize(static_cast<std::size_t>(
        std::max<std::uint64_t>(bytes, std::min<std::uint64_t>(kWindowBytes, left))));
    window_at_ = descriptor.offset;
    if (const auto read = source_->read(descriptor.offset, window_); !read) {
      window_.clear();
      return Failure(read.error());
    }
  }
  return std::span<const std::byte>(window_).subspan(static_cast<std::size_t>(descriptor.offset - window_at_),
                                                     bytes);
}

Failure unknown_compression(std::uint32_t flags, const std::string& name) {
  const char* const how = flags == kdump::kLzo      ? "LZO"
                          : flags == kdump::kSnappy ? "snappy"
                          : flags == kdump::kZstd   ? "zstd"
                                                    : nullptr;
  if (how == nullptr) {
    return fail(ErrorCode::kMalformed, fmt::format("a page with flags {:#x} cannot be", flags), name);
  }
  return fail(ErrorCode::kUnsupported, fmt::format("the dump is compressed with {}", how), name,
              "take it with makedumpfile -c (zlib), or change it with: makedumpfile -c DUMP NEW");
}

Result<void> KdumpDump::load_page(std::uint64_t frame) {
  page_frame_ = UINT64_MAX;
  KJUMP_TRY(const kdump::PageDescriptor descriptor, descriptor_of(frame));
  const std::uint64_t address = frame * kdump::kBlockBytes;
  if (descriptor.bytes == 0 || descriptor.bytes > kdump::kBlockBytes ||
      (descriptor.flags == 0 && descriptor.bytes != kdump::kBlockBytes)) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the page at {:#x} has {} bytes in the dump", address, descriptor.bytes),
                source_->name(), "the dump is damaged or was cut off; take another");
  }
  if (descriptor.flags != 0 && descriptor.flags != kdump::kZlib) {
    return unknown_compression(descriptor.flags, source_->name());
  }
  KJUMP_TRY(const std::span<const std::byte> bytes, stored(descriptor));
  if (descriptor.flags == 0) {
    std::copy(bytes.begin(), bytes.end(), page_.begin());
  } else {
    uLongf length = page_.size();
    const int status =
        ::uncompress(reinterpret_cast<Bytef*>(page_.data()), &length,
                     reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
    if (status != Z_OK || length != page_.size()) {
      return fail(ErrorCode::kMalformed, fmt::format("the page at {:#x} is damaged", address),
                  source_->name(), "take another dump");
    }
    ++facts_.checked_pages;
  }
  page_frame_ = frame;
  return {};
}

Result<void> KdumpDump::read(std::uint64_t physical, std::span<std::byte> to) {
  if (!covers(physical, to.size())) {
    return fail(ErrorCode::kMalformed, fmt::format("the dump says nothing of memory at {:#x}", physical),
                source_->name());
  }
  while (!to.empty()) {
    const std::uint64_t frame = physical / kdump::kBlockBytes;
    const auto within = static_cast<std::size_t>(physical % kdump::kBlockBytes);
    const std::size_t part = std::min<std::size_t>(to.size(), kdump::kBlockBytes - within);
    if (!there_.test(frame)) {
      std::fill_n(to.begin(), part, std::byte{0});
    } else {
      if (page_frame_ != frame) {
        KJUMP_CHECK(load_page(frame));
      }
      std::copy_n(page_.begin() + static_cast<std::ptrdiff_t>(within), part, to.begin());
    }
    physical += part;
    to = to.subspan(part);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Dump>> open_kdump(std::unique_ptr<DumpSource> source) {
  auto dump = std::make_unique<KdumpDump>(std::move(source));
  KJUMP_CHECK(dump->parse());
  return std::unique_ptr<Dump>(std::move(dump));
}

}  // namespace kjump::two_kernels
