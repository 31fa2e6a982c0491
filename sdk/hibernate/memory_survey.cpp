// SPDX-License-Identifier: MIT
#include "hibernate/memory_survey.hpp"

#include <fmt/format.h>
#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "host/kernel_memory.hpp"

namespace kjump::hibernate {
namespace {

using abi::kPageBytes;
using abi::hibernate::kBlockBytes;
using abi::hibernate::kChunkPages;
using abi::hibernate::KernelFacts;
using PageRange = abi::hibernate::MemoryRange;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kSamples = 64;  // chunks of kChunkPages

template <typename Number>
Number number_in(std::string_view bytes, std::uint64_t offset) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

/// Chooses kSamples of however many chunks come, each as likely as the others (reservoir sampling, with a
/// generator that makes every run choose alike).
class ChunkSample {
 public:
  void offer(std::uint64_t first_frame) {
    ++offered_;
    if (chosen_.size() < kSamples) {
      chosen_.push_back(first_frame);
      return;
    }
    // Knuth's MMIX generator; its upper bits are the good ones.
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t place = (state_ >> 33U) % offered_;
    if (place < kSamples) {
      chosen_[static_cast<std::size_t>(place)] = first_frame;
    }
  }
  [[nodiscard]] const std::vector<std::uint64_t>& chosen() const { return chosen_; }

 private:
  std::vector<std::uint64_t> chosen_;
  std::uint64_t offered_ = 0;
  std::uint64_t state_ = 1;
};

/// Goes through the page structures of one range.
class Walk {
 public:
  Walk(const System& system, const KernelFacts& facts, MemorySurvey& survey, ChunkSample& sample)
      : system_(system), facts_(facts), survey_(survey), sample_(sample) {}

  Result<void> range(std::uint64_t first, std::uint64_t end) {
    const std::uint64_t step = kPieceBytes / facts_.page_struct_bytes;
    run_ = 0;
    for (std::uint64_t frame = first; frame < end;) {
      const std::uint64_t count = std::min(step, end - frame);
      KJUMP_TRY(const std::string structs,
                read_kernel_memory(system_, facts_.vmemmap + frame * facts_.page_struct_bytes,
                                   static_cast<std::size_t>(count * facts_.page_struct_bytes)));
      const std::uint64_t piece_end = frame + count;
      while (frame < piece_end) {
        frame += page(std::string_view(structs).substr(
                          static_cast<std::size_t>((frame - (piece_end - count)) * facts_.page_struct_bytes)),
                      frame, end);
      }
    }
    return {};
  }

 private:
  // Frames that this structure tells of: those of a free block, else one (hibernation.md 4.5).
  std::uint64_t page(std::string_view structure, std::uint64_t frame, std::uint64_t end) {
    const auto type = number_in<std::uint32_t>(structure, facts_.type_offset);
    if ((type & facts_.type_mask) == facts_.buddy_type) {
      const auto order = number_in<std::uint64_t>(structure, facts_.order_offset);
      if (order < facts_.orders && frame % (std::uint64_t{1} << order) == 0) {
        const std::uint64_t frames = std::min(std::uint64_t{1} << order, end - frame);
        survey_.free_pages += frames;
        ++survey_.free_blocks[static_cast<std::size_t>(order)];
        run_ = 0;
        return frames;
      }
    }
    const auto flags = number_in<std::uint64_t>(structure, facts_.flags_offset);
    const bool poisoned = facts_.hwpoison_bit < 64 && ((flags >> facts_.hwpoison_bit) & 1U) != 0;
    const bool offline = facts_.offline_type != 0 && (type & facts_.type_mask) == facts_.offline_type;
    if (poisoned || offline) {
      ++survey_.skipped_pages;
      run_ = 0;
    } else if (++run_ == kChunkPages) {
      sample_.offer(frame + 1 - kChunkPages);
      run_ = 0;
    }
    return 1;
  }

  const System& system_;
  const KernelFacts& facts_;
  MemorySurvey& survey_;
  ChunkSample& sample_;
  std::uint64_t run_ = 0;  ///< pages in use that follow each other
};

bool is_zero(std::string_view page) {
  return std::all_of(page.begin(), page.end(), [](char byte) { return byte == 0; });
}

void weigh(const std::string& content, MemorySurvey& survey) {
  std::string data;
  for (std::size_t at = 0; at < content.size(); at += kPageBytes) {
    const std::string_view page = std::string_view(content).substr(at, kPageBytes);
    ++survey.sampled_pages;
    if (is_zero(page)) {
      ++survey.sampled_zero;
    } else {
      data += page;
    }
  }
  if (data.empty()) {
    return;
  }
  std::string packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(data.size()))), '\0');
  const int bytes = LZ4_compress_default(data.data(), packed.data(), static_cast<int>(data.size()),
                                         static_cast<int>(packed.size()));
  survey.sampled_stored += bytes > 0 ? std::min(static_cast<std::size_t>(bytes), data.size()) : data.size();
}

std::uint64_t table_blocks(const MemorySurvey& survey, std::uint64_t data_pages) {
  const std::uint64_t chunks = (data_pages + kChunkPages - 1) / kChunkPages;
  const std::uint64_t bytes =
      2 * abi::hibernate::bitmap_bytes(survey.pages) + chunks * sizeof(abi::hibernate::ChunkEntry);
  return abi::hibernate::kImageHeaderBlocks + abi::hibernate::blocks_of(bytes);
}

// Every batch ends in a block that is not full.
std::uint64_t content_blocks(std::uint64_t bytes, std::uint64_t data_pages) {
  constexpr std::uint64_t kBatchPages = std::uint64_t{kChunkPages} * abi::hibernate::kBatchChunks;
  return abi::hibernate::blocks_of(bytes) + (data_pages + kBatchPages - 1) / kBatchPages;
}

}  // namespace

std::uint64_t MemorySurvey::most_blocks() const {
  return table_blocks(*this, used_pages()) + content_blocks(used_pages() * kPageBytes, used_pages());
}

std::uint64_t MemorySurvey::expected_blocks() const {
  if (sampled_pages == 0) {
    return most_blocks();
  }
  const auto used = static_cast<double>(used_pages());
  const auto sampled = static_cast<double>(sampled_pages);
  const auto data =
      static_cast<std::uint64_t>(used * static_cast<double>(sampled_pages - sampled_zero) / sampled);
  const auto bytes = static_cast<std::uint64_t>(used * static_cast<double>(sampled_stored) / sampled);
  return table_blocks(*this, data) + content_blocks(bytes, data);
}

Result<MemorySurvey> survey_memory(const System& system, const KernelFacts& facts,
                                   const std::vector<PageRange>& ranges) {
  MemorySurvey survey;
  survey.free_blocks.resize(facts.orders);
  ChunkSample sample;
  Walk walk(system, facts, survey, sample);
  for (const PageRange& range : ranges) {
    survey.pages += (range.end - range.start) / kPageBytes;
    if (range.kind == static_cast<std::uint32_t>(abi::hibernate::RangeKind::kRam)) {
      KJUMP_CHECK(walk.range(range.start / kPageBytes, range.end / kPageBytes));
    }
  }
  for (const std::uint64_t frame : sample.chosen()) {
    // What the core file leaves out (the first MiB on some kernels) is not part of the sample.
    const auto content =
        read_physical_memory(system, frame * kPageBytes, std::size_t{kChunkPages} * kPageBytes);
    if (content) {
      weigh(*content, survey);
    }
  }
  return survey;
}

}  // namespace kjump::hibernate
