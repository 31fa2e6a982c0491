// SPDX-License-Identifier: MIT
#include "hibernate/kernel_facts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <string_view>

#include <kjump/abi/layout.hpp>

#include "hibernate/free_areas.hpp"
#include "hibernate/vmemmap.hpp"
#include "host/kernel_memory.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::KernelFacts;

constexpr const char* kNoteFile = "/sys/kernel/vmcoreinfo";
// arch/x86/include/asm/page_64_types.h: __START_KERNEL_map.
constexpr std::uint64_t kKernelMap = 0xFFFF'FFFF'8000'0000;
constexpr std::uint32_t kNoPoisonBit = 64;

// How types lie in the word that they share with _mapcount (include/linux/page-flags.h; hibernation.md 4.2).
constexpr std::uint32_t kTypeInTopByte = 0xFF00'0000;     // 6.12: PGTY_buddy << 24
constexpr std::uint32_t kTypeIsClearedBit = 0xFFFF'FFFF;  // up to 6.11: ~PG_buddy

bool has_one_cleared_bit(std::uint32_t word) {
  const std::uint32_t cleared = ~word;
  return cleared != 0 && (cleared & (cleared - 1)) == 0;
}

Result<void> read_types(const Vmcoreinfo& info, KernelFacts& facts) {
  KJUMP_TRY(const std::int64_t buddy, info.number("PAGE_BUDDY_MAPCOUNT_VALUE"));
  facts.buddy_type = static_cast<std::uint32_t>(static_cast<std::uint64_t>(buddy));
  if ((facts.buddy_type & ~kTypeInTopByte) == 0) {
    facts.type_mask = kTypeInTopByte;
  } else if (has_one_cleared_bit(facts.buddy_type)) {
    facts.type_mask = kTypeIsClearedBit;
  } else {
    return fail(ErrorCode::kUnsupported,
                fmt::format("this kernel marks free pages with {:#x}, which is new to us", facts.buddy_type),
                "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)", "look for a newer kjump");
  }
  if (const auto offline = info.number("PAGE_OFFLINE_MAPCOUNT_VALUE")) {
    facts.offline_type = static_cast<std::uint32_t>(static_cast<std::uint64_t>(*offline));
  }
  return {};
}

Result<void> read_page_struct(const Vmcoreinfo& info, KernelFacts& facts) {
  KJUMP_TRY(facts.page_struct_bytes, info.size("page"));
  KJUMP_TRY(facts.flags_offset, info.offset("page.flags"));
  KJUMP_TRY(facts.type_offset, info.offset("page._mapcount"));
  KJUMP_TRY(facts.order_offset, info.offset("page.private"));
  KJUMP_TRY(facts.orders, info.length("zone.free_area"));
  constexpr std::uint32_t kMostBytes = 256;
  constexpr std::uint32_t kMostOrders = 32;
  const auto fits = [&](std::uint32_t offset, std::uint32_t bytes) {
    return offset % bytes == 0 && offset <= facts.page_struct_bytes - bytes;
  };
  if (facts.page_struct_bytes < sizeof(std::uint64_t) || facts.page_struct_bytes > kMostBytes ||
      facts.page_struct_bytes % sizeof(std::uint64_t) != 0 || !fits(facts.flags_offset, 8) ||
      !fits(facts.type_offset, 4) || !fits(facts.order_offset, 8) || facts.orders == 0 ||
      facts.orders > kMostOrders) {
    return fail(ErrorCode::kMalformed, "what the kernel says of struct page cannot be", "VMCOREINFO");
  }
  facts.hwpoison_bit = kNoPoisonBit;
  if (const auto bit = info.number("PG_hwpoison"); bit && *bit >= 0 && *bit < kNoPoisonBit) {
    facts.hwpoison_bit = static_cast<std::uint32_t>(*bit);
  }
  return {};
}

Result<void> read_page_table(const Vmcoreinfo& info, KernelFacts& facts) {
  KJUMP_TRY(const std::uint64_t table, info.symbol("init_top_pgt"));
  KJUMP_TRY(const std::int64_t base, info.number("phys_base"));  // negative where KASLR moved it down
  facts.page_table = table - kKernelMap + static_cast<std::uint64_t>(base);
  if (table < kKernelMap || facts.page_table % abi::kPageBytes != 0) {
    return fail(ErrorCode::kMalformed, fmt::format("a page table at {:#x} cannot be", facts.page_table),
                "SYMBOL(init_top_pgt)");
  }
  if (const auto levels = info.number("pgtable_l5_enabled")) {
    facts.five_levels = *levels == 1 ? 1 : 0;
  }
  if (const auto mask = info.number("sme_mask")) {
    facts.sme_mask = static_cast<std::uint64_t>(*mask);
  }
  return {};
}

Result<void> check_architecture(const System& system) {
  const KernelNames names = system.kernel_names();
  if (names.machine != "x86_64") {
    return fail(ErrorCode::kUnsupported,
                fmt::format("hibernation is for x86_64 kernels, this one is {}", names.machine),
                names.release, "install a 64-bit kernel, or use the kernel's own hibernation");
  }
  return {};
}

Result<std::string> read_notes(const System& system) {
  auto notes = read_kernel_notes(system);
  if (!notes && !system.exists("/proc/kcore")) {
    return fail(ErrorCode::kUnsupported, "the kernel's memory cannot be looked at", "/proc/kcore",
                "the kernel needs CONFIG_PROC_KCORE");
  }
  return notes;
}

}  // namespace

Result<KernelFacts> facts_of(const Vmcoreinfo& info) {
  KernelFacts facts{};
  KJUMP_CHECK(read_page_table(info, facts));
  KJUMP_CHECK(read_page_struct(info, facts));
  KJUMP_CHECK(read_types(info, facts));
  return facts;
}

Result<NotePlace> parse_note_place(const std::string& line) {
  std::string_view text = line;
  NotePlace place;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
  }
  const char* const last = text.data() + text.size();
  const auto [address_end, no_address] = std::from_chars(text.data(), last, place.address, 16);
  if (no_address == std::errc{} && address_end != last && *address_end == ' ') {
    const auto [end, no_size] = std::from_chars(address_end + 1, last, place.bytes, 16);
    if (no_size == std::errc{} && end == last && place.address != 0 && place.bytes != 0) {
      return place;
    }
  }
  return fail(ErrorCode::kUnsupported, "the kernel does not say where VMCOREINFO lies", kNoteFile,
              "run as root; the kernel needs CONFIG_CRASH_CORE (before 6.9) or CONFIG_VMCORE_INFO");
}

Result<KernelKnowledge> read_kernel_knowledge(const System& system) {
  KJUMP_CHECK(check_architecture(system));
  KernelKnowledge known;
  known.release = system.kernel_names().release;
  KJUMP_TRY(const NotePlace place, parse_note_place(system.read_line(kNoteFile)));
  known.note = place.address;
  known.note_bytes = place.bytes;
  KJUMP_TRY(const std::string notes, read_notes(system));
  KJUMP_TRY(const std::string_view text, find_vmcoreinfo(notes));
  KJUMP_TRY(const Vmcoreinfo info, Vmcoreinfo::parse(text));
  if (const auto release = info.value("OSRELEASE"); release && *release != known.release) {
    return fail(ErrorCode::kMalformed,
                fmt::format("it is about kernel {}, but {} is running", *release, known.release),
                "VMCOREINFO");
  }
  KJUMP_TRY(known.facts, facts_of(info));
  KJUMP_TRY(known.vmemmap_by_sections, vmemmap_by_sections(system, info));
  KJUMP_TRY(known.vmemmap_by_symbol, vmemmap_by_symbol(info));
  if (known.vmemmap_by_symbol && *known.vmemmap_by_symbol != known.vmemmap_by_sections) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the kernel's page structures are at {:#x} by its memory sections, but at {:#x} by "
                    "its symbol",
                    known.vmemmap_by_sections, *known.vmemmap_by_symbol),
        "VMCOREINFO", "please report this, with the output of kjump hibernate facts");
  }
  known.facts.vmemmap = known.vmemmap_by_sections;
  KJUMP_CHECK(find_free_areas(system, info, known.facts));
  known.kernel_offset = info.hexadecimal("KERNELOFFSET").value_or(0);
  known.free_fill = find_free_fill(system);
  known.facts.free_fill = static_cast<std::uint32_t>(known.free_fill.fill);
  return known;
}

}  // namespace kjump::hibernate
