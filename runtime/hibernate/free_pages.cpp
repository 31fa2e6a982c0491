// SPDX-License-Identifier: MIT
#include "hibernate/free_pages.hpp"

#include <kjump/payload.hpp>

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPresent = 1;
constexpr uint64_t kLarge = 1u << 7;
constexpr uint64_t kAddressBits = 0x000F'FFFF'FFFF'F000;
constexpr uint64_t kPage = abi::kPageBytes;

uint64_t read_word(uint64_t address) {
  return *static_cast<volatile uint64_t*>(physical(address));
}

uint32_t read_half(uint64_t address) {
  return *static_cast<volatile uint32_t*>(physical(address));
}

/// The kernel's page structures by their physical addresses.
class PageStructs {
 public:
  explicit PageStructs(const format::KernelFacts& facts) : facts_(facts) {}

  /// Physical address of the structure of a frame; 0: the kernel has none for it. A structure never crosses
  /// a page: their size divides that of a page on every kernel that checks (mm/page_alloc.c), and the caller
  /// has checked it.
  [[nodiscard]] uint64_t find(uint64_t frame) {
    const uint64_t address = facts_.vmemmap + frame * facts_.page_struct_bytes;
    if (span_ == 0 || address - first_ >= span_) {
      walk(address);
    }
    return span_ == 0 ? 0 : base_ + (address - first_);
  }

 private:
  // Leaves in first_, span_, base_ the page, large or small, that maps `address`; span_ 0: nothing does.
  void walk(uint64_t address) {
    uint64_t table = facts_.page_table;
    span_ = 0;
    for (uint32_t shift = facts_.five_levels != 0 ? 48 : 39;; shift -= 9) {
      const uint64_t entry = read_word(table + (address >> shift & 0x1FF) * sizeof(uint64_t));
      if ((entry & kPresent) == 0) {
        return;
      }
      const uint64_t target = entry & kAddressBits & ~facts_.sme_mask;
      const bool leaf = shift == 12 || (shift <= 30 && (entry & kLarge) != 0);
      if (leaf) {
        span_ = uint64_t{1} << shift;
        first_ = address & ~(span_ - 1);
        base_ = target & ~(span_ - 1);
        return;
      }
      table = target;
    }
  }

  const format::KernelFacts& facts_;
  uint64_t first_ = 0;
  uint64_t span_ = 0;
  uint64_t base_ = 0;
};

enum class Use { kInUse, kFree, kUnreadable };

struct Verdict {
  Use use = Use::kInUse;
  uint64_t frames = 1;
};

Verdict look_at(const format::KernelFacts& facts, uint64_t structure, uint64_t frame) {
  if (structure == 0) {
    return {};
  }
  const uint32_t type = read_half(structure + facts.type_offset);
  if ((type & facts.type_mask) == facts.buddy_type) {
    const uint64_t order = read_word(structure + facts.order_offset);
    const bool sane = order < facts.orders && frame % (uint64_t{1} << order) == 0;
    return sane ? Verdict{Use::kFree, uint64_t{1} << order} : Verdict{};
  }
  if (facts.offline_type != 0 && (type & facts.type_mask) == facts.offline_type) {
    return {Use::kUnreadable, 1};
  }
  const bool poisoned =
      facts.hwpoison_bit < 64 && (read_word(structure + facts.flags_offset) >> facts.hwpoison_bit & 1) != 0;
  return {poisoned ? Use::kUnreadable : Use::kInUse, 1};
}

// A kernel that clears or poisons what it frees relies on finding it so (hibernation.md H16).
void drop_free(const format::KernelFacts& facts, PageMap& map, uint64_t index, uint64_t count) {
  const auto fill = static_cast<format::FreeFill>(facts.free_fill);
  if (fill == format::FreeFill::kPoison) {
    return;  // saved like any other page; there is nothing that compresses better
  }
  map.set_data(index, count, false);
  for (uint64_t i = 0; fill == format::FreeFill::kZero && i < count; ++i) {
    map.set_zero(index + i);
  }
}

void mark_range(const format::KernelFacts& facts, const format::MemoryRange& range, PageMap& map,
                PageCounts& counts) {
  PageStructs structs(facts);
  uint64_t index = map.index_of(range.start);
  map.set_data(index, (range.end - range.start) / kPage, true);
  if (range.kind != static_cast<uint32_t>(format::RangeKind::kRam)) {
    return;
  }
  const uint64_t end = range.end / kPage;
  for (uint64_t frame = range.start / kPage; frame < end;) {
    Verdict verdict = look_at(facts, structs.find(frame), frame);
    verdict.frames = verdict.frames < end - frame ? verdict.frames : end - frame;
    if (verdict.use == Use::kFree) {
      drop_free(facts, map, index, verdict.frames);
      counts.free += verdict.frames;
    } else if (verdict.use == Use::kUnreadable) {
      map.set_data(index, verdict.frames, false);
      counts.skipped += verdict.frames;
    }
    frame += verdict.frames;
    index += verdict.frames;
  }
}

void leave_out(PageMap& map, uint64_t start, uint64_t end, PageCounts& counts) {
  for (uint64_t address = start; address < end; address += kPage) {
    const uint64_t index = map.index_of(address);
    if (index != map.pages() && map.is_data(index)) {
      map.set_data(index, 1, false);
      ++counts.skipped;
    }
  }
}

bool are_sane(const format::KernelFacts& facts) {
  const uint32_t bytes = facts.page_struct_bytes;
  const auto fits = [bytes](uint32_t offset, uint32_t field) {
    return offset % 4 == 0 && offset + field <= bytes;
  };
  return bytes >= 16 && bytes <= kPage && kPage % bytes == 0 && fits(facts.flags_offset, 8) &&
         fits(facts.type_offset, 4) && fits(facts.order_offset, 8) && facts.orders <= 32 &&
         facts.page_table != 0 && facts.page_table % kPage == 0;
}

}  // namespace

Failure mark_pages(const format::KernelFacts& facts, const Workspace& workspace, PageMap& map,
                   PageCounts& counts) {
  if (!are_sane(facts)) {
    return failure(format::SaveStatus::kKernel, "the facts about the kernel's page structures make no sense");
  }
  map.clear_bitmaps();
  for (uint32_t i = 0; i < map.range_count(); ++i) {
    mark_range(facts, map.range(i), map, counts);
  }
  leave_out(map, 0, kPage, counts);
  leave_out(map, abi::kImageLowest, abi::kImageEnd, counts);
  for (uint32_t i = 0; i < workspace.pages(); ++i) {
    leave_out(map, workspace.page(i), workspace.page(i) + kWorkspacePage, counts);
  }
  if (counts.free == 0) {
    return failure(format::SaveStatus::kKernel,
                   "no free page was found: the kernel's page structures are not where they should be");
  }
  return {};
}

}  // namespace kjump::hibernate
