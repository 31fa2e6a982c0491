// SPDX-License-Identifier: MIT
#include "kernel/kdump_writer.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <utility>

#include "kernel/frame_bitmap.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kBlock = kdump::kBlockBytes;
constexpr std::size_t kGathered = std::size_t{1} << 20;
constexpr std::size_t kDescriptorsGathered = 4096;

constexpr std::uint64_t whole_blocks(std::uint64_t bytes) {
  return (bytes + kBlock - 1) / kBlock;
}

/// Every sixteenth byte of random, compressed or encrypted data has some 162 different values in 256 places;
/// text and code have less than half as many. To look costs a hundredth of what it spares.
bool looks_random(std::span<const std::byte> page) {
  constexpr std::size_t kStep = 16;
  constexpr std::size_t kManyValues = 140;
  std::bitset<256> values;
  for (std::size_t at = 0; at < page.size(); at += kStep) {
    values.set(std::to_integer<std::size_t>(page[at]));
  }
  return values.count() >= kManyValues;
}

}  // namespace

/// One zlib stream that is used again for each page: setting one up costs more than a page, and so does
/// clearing its tables, which are as large as they are for a window of 32 KiB unless one says that there is
/// only a page.
struct KdumpWriter::Deflater {
  static constexpr int kWindowBits = 12;  // 4 KiB
  static constexpr int kMemoryLevel = 5;  // 4096 hash chains (zlib's deflate.c: memLevel + 7 bits)
  Deflater() {
    ready = ::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWindowBits, kMemoryLevel,
                           Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  Deflater(Deflater&&) = delete;
  Deflater& operator=(Deflater&&) = delete;
  ~Deflater() {
    if (ready) {
      ::deflateEnd(&stream);
    }
  }

  /// Empty: the page does not get smaller, or does not look like it.
  std::span<const std::byte> pack(std::span<const std::byte> page) {
    if (looks_random(page)) {
      return {};
    }
    ::deflateReset(&stream);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(page.data()));  // zlib's old interface
    stream.avail_in = static_cast<uInt>(page.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const bool done = ready && ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
    return done ? std::span<const std::byte>(packed).first(packed.size() - stream.avail_out)
                : std::span<const std::byte>();
  }

  z_stream stream{};
  bool ready = false;
  std::array<std::byte, kBlock - 1> packed{};
};

KdumpWriter::KdumpWriter(WriteAt write, KdumpPlan plan)
    : write_(std::move(write)), plan_(std::move(plan)), deflater_(std::make_unique<Deflater>()) {}
KdumpWriter::KdumpWriter(KdumpWriter&&) noexcept = default;
KdumpWriter::~KdumpWriter() = default;

Result<KdumpWriter> KdumpWriter::begin(WriteAt write, KdumpPlan plan) {
  KdumpWriter writer(std::move(write), std::move(plan));
  KJUMP_CHECK(writer.write_head(kdump::kIncomplete));
  constexpr std::array<std::byte, kBlock> kZeros{};
  writer.zero_at_ = writer.data_at_;
  KJUMP_CHECK(writer.append(kZeros));
  return writer;
}

Result<void> KdumpWriter::write_head(std::uint32_t status) {
  constexpr std::uint64_t kByteBits = 8;
  const std::uint64_t bitmap_blocks = whole_blocks((plan_.frames + kByteBits - 1) / kByteBits);
  const std::uint64_t after_sub = sizeof(kdump::SubHeader);
  const std::uint64_t sub_blocks = whole_blocks(after_sub + plan_.notes.size() + plan_.vmcoreinfo.size());
  pages_ = FrameBitmap(plan_.there, plan_.frames).set();

  kdump::Header header{};
  std::memcpy(header.signature, kdump::kSignature, sizeof header.signature);
  header.version = kdump::kVersion;
  std::strncpy(header.names[0], "Linux", sizeof header.names[0] - 1);
  plan_.release.copy(header.names[kdump::kRelease], sizeof header.names[0] - 1);
  std::strncpy(header.names[kdump::kMachine], "x86_64", sizeof header.names[0] - 1);
  header.seconds = plan_.seconds;
  header.status = status;
  header.block_bytes = kdump::kBlockBytes;
  header.sub_header_blocks = static_cast<std::uint32_t>(sub_blocks);
  header.bitmap_blocks = static_cast<std::uint32_t>(2 * bitmap_blocks);
  header.frames = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan_.frames, UINT32_MAX));
  header.processors = 1;

  kdump::SubHeader sub{};
  sub.phys_base = plan_.phys_base;
  sub.level = plan_.level;
  sub.note_offset = kBlock + after_sub;
  sub.note_bytes = plan_.notes.size();
  sub.vmcoreinfo_offset = sub.note_offset + plan_.notes.size();
  sub.vmcoreinfo_bytes = plan_.vmcoreinfo.size();
  sub.end_frame_64 = plan_.frames;
  sub.frames_64 = plan_.frames;

  const std::uint64_t bitmaps_at = (1 + sub_blocks) * kBlock;
  std::vector<std::byte> head(static_cast<std::size_t>(bitmaps_at + 2 * bitmap_blocks * kBlock));
  const auto put = [&head](std::uint64_t at, std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), head.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, std::as_bytes(std::span(&header, 1)));
  put(kBlock, std::as_bytes(std::span(&sub, 1)));
  put(sub.note_offset, std::as_bytes(std::span(plan_.notes)));
  put(sub.vmcoreinfo_offset, std::as_bytes(std::span(plan_.vmcoreinfo)));
  const auto room = static_cast<std::size_t>(bitmap_blocks * kBlock);
  put(bitmaps_at, std::span(plan_.memory).first(std::min(plan_.memory.size(), room)));
  put(bitmaps_at + room, std::span(plan_.there).first(std::min(plan_.there.size(), room)));
  if (data_at_ == 0) {
    descriptors_at_ = head.size();
    data_at_ = descriptors_at_ + whole_blocks(pages_ * sizeof(kdump::PageDescriptor)) * kBlock;
  }
  return write_(0, head);
}

Result<void> KdumpWriter::page(std::span<const std::byte> content) {
  if (content[0] == std::byte{0} &&
      std::memcmp(content.data(), content.data() + 1, content.size() - 1) == 0) {
    ++zero_pages_;
    return add({.offset = zero_at_, .bytes = kdump::kBlockBytes, .flags = 0, .page_flags = 0});
  }
  const std::span<const std::byte> packed = deflater_->pack(content);
  const std::span<const std::byte> bytes = packed.empty() ? content : packed;
  KJUMP_CHECK(add({.offset = data_at_ + data_.size(),
                   .bytes = static_cast<std::uint32_t>(bytes.size()),
                   .flags = packed.empty() ? 0 : std::uint32_t{kdump::kZlib},
                   .page_flags = 0}));
  return append(bytes);
}

Result<void> KdumpWriter::add(const kdump::PageDescriptor& descriptor) {
  if (described_ + descriptors_.size() == pages_) {
    return fail(ErrorCode::kInvalid, "more pages than were planned", "dump");
  }
  descriptors_.push_back(descriptor);
  return descriptors_.size() == kDescriptorsGathered ? flush_descriptors() : Result<void>();
}

// kDescriptorsGathered of them are whole blocks; only the last ones may not be, with room behind them.
Result<void> KdumpWriter::flush_descriptors() {
  static_assert(kDescriptorsGathered * sizeof(kdump::PageDescriptor) % kBlock == 0);
  const auto bytes = std::as_bytes(std::span(descriptors_));
  std::vector<std::byte> blocks(static_cast<std::size_t>(whole_blocks(bytes.size()) * kBlock));
  std::copy(bytes.begin(), bytes.end(), blocks.begin());
  KJUMP_CHECK(write_(descriptors_at_ + described_ * sizeof(kdump::PageDescriptor), blocks));
  described_ += descriptors_.size();
  descriptors_.clear();
  return {};
}

Result<void> KdumpWriter::append(std::span<const std::byte> bytes) {
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return data_.size() >= kGathered ? flush_pages(false) : Result<void>();
}

Result<void> KdumpWriter::flush_pages(bool last) {
  if (last) {
    data_.resize(static_cast<std::size_t>(whole_blocks(data_.size()) * kBlock));
  }
  const auto blocks = static_cast<std::size_t>(data_.size() / kBlock * kBlock);
  KJUMP_CHECK(write_(data_at_, std::span<const std::byte>(data_).first(blocks)));
  data_at_ += blocks;
  data_.erase(data_.begin(), data_.begin() + static_cast<std::ptrdiff_t>(blocks));
  return {};
}

Result<std::uint64_t> KdumpWriter::finish() {
  KJUMP_CHECK(flush_descriptors());
  KJUMP_CHECK(flush_pages(true));
  if (described_ != pages_) {
    return fail(ErrorCode::kInvalid, fmt::format("{} pages of {} were written", described_, pages_), "dump");
  }
  KJUMP_CHECK(write_head(kdump::kZlib));
  return data_at_;
}

}  // namespace kjump::two_kernels
