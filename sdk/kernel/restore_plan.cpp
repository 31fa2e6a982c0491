// SPDX-License-Identifier: MIT
// What must fit before a dump is restored.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/abi/processor.hpp>

#include "hibernate/vmcoreinfo.hpp"
#include "kernel/jump_parameters.hpp"
#include "kernel/left_out.hpp"
#include "kernel/low_area.hpp"
#include "kernel/machine_facts.hpp"
#include "kernel/restore.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr MemoryPiece kLowMemory{format::kLowMemoryBase, format::kLowMemoryEnd - format::kLowMemoryBase};
constexpr MemoryPiece kHandOffPage{format::kHandOffBase, abi::kPageBytes};

bool share_memory(const MemoryPiece& a, const MemoryPiece& b) {
  return a.base < b.end() && b.base < a.end();
}

bool contains(const MemoryPiece& outer, const MemoryPiece& inner) {
  return inner.base >= outer.base && inner.end() <= outer.end();
}

std::string piece_text(const MemoryPiece& piece) {
  return fmt::format("{} MiB at {:#x}", piece.bytes >> 20U, piece.base);
}

/// The dump's VMCOREINFO is that of the kernel in it, not that of another one, in whose place it runs.
bool is_about_this_kernel(Dump& dump, const format::HandOff& page) {
  const std::string& told = dump.facts().vmcoreinfo;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 16;
  if (page.vmcoreinfo_base == 0 || page.vmcoreinfo_bytes > kMost ||
      !dump.covers(page.vmcoreinfo_base, page.vmcoreinfo_bytes)) {
    return page.vmcoreinfo_base == 0;
  }
  std::string note(static_cast<std::size_t>(page.vmcoreinfo_bytes), '\0');
  if (!dump.read(page.vmcoreinfo_base, std::as_writable_bytes(std::span(note)))) {
    return false;
  }
  const auto text = hibernate::find_vmcoreinfo(note);
  return text && text->substr(0, text->find('\0')) == told;
}

void compare_kernels(Dump& dump, const format::HandOff& page, std::vector<std::string>& found) {
  const std::string release = text_of_field(page.kernels[0].release);
  if (dump.facts().release != release) {
    found.push_back(
        fmt::format("the dump is of kernel {}, but {} waits in it", dump.facts().release, release));
  } else if (!is_about_this_kernel(dump, page)) {
    found.emplace_back("the dump's VMCOREINFO is not that of the kernel in it");
  }
  const abi::EntryState& entry = page.kernels[0].entry;
  const std::uint64_t control_page = entry.return_address / abi::kPageBytes;
  if (entry.door != static_cast<std::uint8_t>(abi::Door::kKexec) ||
      (entry.efer & abi::kEferLongModeActive) == 0) {
    found.emplace_back("the kernel in it is no x86_64 kernel that waits in a kexec jump");
  } else if (!dump.covers(control_page * abi::kPageBytes, abi::kPageBytes) || !dump.has_page(control_page)) {
    found.push_back(fmt::format("the page that leads back to it, at {:#x}, is not in the dump",
                                control_page * abi::kPageBytes));
  }
}

void compare_places(const format::HandOff& page, const RestorePlace& place, std::vector<std::string>& found) {
  const MemoryPiece saved{page.memory_base, page.memory_bytes};
  const MemoryPiece here{place.page.memory_base, place.page.memory_bytes};
  if (!contains(saved, here)) {
    found.push_back(
        fmt::format("this kernel lies in {}, its second kernel lay in {}: start this one with "
                    "kjump kernel run --at {:#x}, with no more memory than that",
                    piece_text(here), piece_text(saved), saved.base));
  }
  if (place.processors > 1 || place.page.machine.processors > 1) {
    found.push_back(fmt::format(
        "{} has {} processors, and all but one would run into what is overwritten: boot it with maxcpus=1",
        place.processors > 1 ? "this kernel" : "the kernel that started this one",
        std::max(place.processors, place.page.machine.processors)));
  }
}

/// The piece without what it shares with another.
std::vector<MemoryPiece> without(const MemoryPiece& piece, const MemoryPiece& other) {
  if (!share_memory(piece, other)) {
    return {piece};
  }
  std::vector<MemoryPiece> rest;
  if (piece.base < other.base) {
    rest.push_back({piece.base, other.base - piece.base});
  }
  if (piece.end() > other.end()) {
    rest.push_back({other.end(), piece.end() - other.end()});
  }
  return rest;
}

/// A dump's memory, but where the second kernel was swapped in: what the first one had there lies in its
/// source pages, which are in the dump too, and it swaps them in itself when it goes on.
std::vector<MemoryPiece> unswapped_memory(const DumpFacts& dump, const format::HandOff& page) {
  if (page.place != static_cast<std::uint32_t>(format::Place::kSwapped)) {
    return dump.memory;
  }
  std::vector<MemoryPiece> all;
  for (const MemoryPiece& piece : dump.memory) {
    const auto rest = without(piece, {page.memory_base, page.memory_bytes});
    all.insert(all.end(), rest.begin(), rest.end());
  }
  return all;
}

/// All of the dump's memory but the page, which is written last. Nothing of it may be this kernel's or the
/// firmware's.
std::vector<MemoryPiece> pieces_to_write(const std::vector<MemoryPiece>& memory, const RestorePlace& place,
                                         std::vector<std::string>& found) {
  const MemoryPiece own{place.page.memory_base, place.page.memory_bytes};
  const std::vector<MemoryPiece> ram = ram_of(place.page.machine);
  std::vector<MemoryPiece> pieces;
  for (const MemoryPiece& piece : memory) {
    const bool is_ram =
        std::any_of(ram.begin(), ram.end(), [&](const MemoryPiece& range) { return contains(range, piece); });
    if (!ram.empty() && !is_ram) {
      found.push_back(fmt::format("memory of the dump, {}, is no RAM of this machine", piece_text(piece)));
    }
    if (contains(kHandOffPage, piece)) {
      continue;
    }
    if (share_memory(piece, own) || share_memory(piece, kLowMemory)) {
      found.push_back(
          fmt::format("memory of the dump, {}, is where this kernel itself is", piece_text(piece)));
    }
    pieces.push_back(piece);
  }
  return pieces;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

}  // namespace

Result<RestorePlan> plan_restore(Dump& dump, const RestorePlace& place) {
  RestorePlan plan;
  KJUMP_TRY(plan.page, page_in_dump(dump));
  std::vector<std::string> found = differences(plan.page.machine, place.page.machine);
  compare_places(plan.page, place, found);
  compare_kernels(dump, plan.page, found);
  plan.pieces = pieces_to_write(unswapped_memory(dump.facts(), plan.page), place, found);
  if (!found.empty()) {
    return fail(ErrorCode::kUnsupported, "this dump cannot be restored here: " + joined(found),
                dump_format_name(dump.facts().format), "nothing was changed (docs/two-kernels.md)");
  }
  KJUMP_CHECK(check_left_out(dump));
  const DumpFacts& facts = dump.facts();
  const bool free_pages_unknown = facts.pages_there != facts.pages && !facts.level;
  if (plan.page.machine.free_fill == static_cast<std::uint32_t>(abi::hibernate::FreeFill::kPoison) &&
      free_pages_unknown) {
    return fail(ErrorCode::kUnsupported,
                "the kernel in the dump runs with page_poison, and an ELF dump does not say which of its "
                "left-out pages are free ones",
                dump_format_name(facts.format), "take it with makedumpfile -c -d 17 or cp /proc/vmcore");
  }
  return plan;
}

}  // namespace kjump::two_kernels
