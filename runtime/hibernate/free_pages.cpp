// SPDX-License-Identifier: MIT
#include "hibernate/free_pages.hpp"

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/save.hpp>

#include "hibernate/kernel_addresses.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kPage = abi::kPageBytes;

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
  KernelAddresses addresses(facts);
  uint64_t index = map.index_of(range.start);
  map.set_data(index, (range.end - range.start) / kPage, true);
  if (range.kind != static_cast<uint32_t>(format::RangeKind::kRam)) {
    return;
  }
  const uint64_t end = range.end / kPage;
  for (uint64_t frame = range.start / kPage; frame < end;) {
    // A structure never crosses a page: their size divides that of a page, are_sane() has seen to it.
    const uint64_t structure = addresses.physical(facts.vmemmap + frame * facts.page_struct_bytes);
    Verdict verdict = look_at(facts, structure, frame);
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

// The sum of the allocator's own counters (struct free_area), which it keeps by hand for each list of blocks.
// Whoever walks the page structures of all memory must come to the same number.
bool count_by_kernel(const format::KernelFacts& facts, uint64_t& pages) {
  KernelAddresses addresses(facts);
  pages = 0;
  for (uint32_t zone = 0; zone < facts.zones; ++zone) {
    for (uint32_t order = 0; order < facts.orders; ++order) {
      const uint64_t counter = addresses.physical(facts.free_areas[zone] + order * facts.free_area_bytes +
                                                  facts.free_count_offset);
      if (counter == 0) {
        return false;
      }
      pages += read_word(counter) << order;
    }
  }
  return facts.zones != 0;
}

// Fewer than the kernel has are saved like pages in use; one more, and something in use would be missing.
Failure compare_counts(const format::KernelFacts& facts, PageCounts& counts) {
  if (!count_by_kernel(facts, counts.kernel_free)) {
    counts.kernel_free = format::kUnknownCount;
    return {};
  }
  if (counts.free <= counts.kernel_free) {
    return {};
  }
  Failure made = failure(format::SaveStatus::kKernel, "the page structures show more free pages (");
  made.why.add_number(counts.free).add(") than the kernel counts (").add_number(counts.kernel_free).add(")");
  return made;
}

bool are_sane(const format::KernelFacts& facts) {
  const uint32_t bytes = facts.page_struct_bytes;
  const auto fits = [bytes](uint32_t offset, uint32_t field) {
    return offset % 4 == 0 && offset + field <= bytes;
  };
  return bytes >= 16 && bytes <= kPage && kPage % bytes == 0 && fits(facts.flags_offset, 8) &&
         fits(facts.type_offset, 4) && fits(facts.order_offset, 8) && facts.orders <= 32 &&
         facts.page_table != 0 && facts.page_table % kPage == 0 && facts.zones <= format::kMostZones &&
         facts.free_count_offset % sizeof(uint64_t) == 0;
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
  for (uint32_t i = 0; i < workspace.pieces(); ++i) {
    const uint64_t start = format::piece_address(workspace.piece(i));
    leave_out(map, start, start + format::piece_pages(workspace.piece(i)) * kPage, counts);
  }
  if (counts.free == 0) {
    return failure(format::SaveStatus::kKernel,
                   "no free page was found: the kernel's page structures are not where they should be");
  }
  return compare_counts(facts, counts);
}

}  // namespace kjump::hibernate
