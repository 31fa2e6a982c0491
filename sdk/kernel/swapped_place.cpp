// SPDX-License-Identifier: MIT
#include "kernel/swapped_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/memory_info.hpp"
#include "host/memory_map.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kSwapUnit = std::uint64_t{2} << 20;
constexpr std::uint64_t kSwapMib = std::uint64_t{1} << 20;
// Below, old firmware and ISA DMA have their business, and kernels move themselves up from there.
constexpr std::uint64_t kLowestSwapped = 16 * kSwapMib;
constexpr std::uint64_t kHighestSwapped = std::uint64_t{1} << 32;
// What the system is left with while the image is loaded; its list and tables are of this, too.
constexpr std::uint64_t kLeftAvailable = 24 * kSwapMib;
// The crossing image is loaded with it.
constexpr std::uint64_t kImageRoom = kSwapMib;

// The kernel would begin to kill processes before it refuses (kernel/kexec_core.c: GFP_HIGHUSER).
Result<void> check_available(const System& system, std::uint64_t bytes) {
  const std::uint64_t available = memory_info(system, "MemAvailable");
  if (available >= bytes + kImageRoom + kLeftAvailable) {
    return {};
  }
  return fail(ErrorCode::kLimit,
              fmt::format("{} MiB to be swapped need as much memory again, {} are to be had",
                          bytes / kSwapMib, available / kSwapMib),
              "/proc/meminfo", "free some, or give the kernel less --memory");
}

Result<void> check_half(const System& system, std::uint64_t bytes) {
  const std::uint64_t most = system.total_memory_bytes() / 2;
  if (bytes + kImageRoom <= most) {
    return {};
  }
  return fail(ErrorCode::kLimit,
              fmt::format("{} MiB cannot be swapped: kexec takes half of the memory at most, {} MiB",
                          bytes / kSwapMib, most / kSwapMib),
              "kexec_load", "give the kernel less --memory, or reserve memory at boot");
}

void exclude(std::vector<PageUse>& uses, std::uint64_t start, std::span<const MemoryPiece> taken) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const std::uint64_t unit = start + i * kSwapUnit;
    for (const MemoryPiece& other : taken) {
      if (unit < other.end() && other.base < unit + kSwapUnit) {
        uses[i].held = 1;
      }
    }
  }
}

std::uint64_t free_pages(std::span<const PageUse> uses) {
  std::uint64_t pages = 0;
  for (const PageUse& use : uses) {
    pages += use.free;
  }
  return pages;
}

}  // namespace

std::optional<std::size_t> best_window(std::span<const PageUse> uses, std::size_t units) {
  std::optional<std::size_t> best;
  std::uint64_t most = 0;
  for (std::size_t first = 0; first + units <= uses.size(); ++first) {
    const auto window = uses.subspan(first, units);
    const bool is_held =
        std::any_of(window.begin(), window.end(), [](const PageUse& use) { return use.held != 0; });
    const std::uint64_t free = free_pages(window);
    if (!is_held && (!best || free > most)) {
      best = first;
      most = free;
    }
  }
  return best;
}

std::vector<Segment> cover_with_segments(const MemoryPiece& piece, std::vector<Segment> rooms) {
  std::erase_if(rooms, [](const Segment& room) { return room.content.empty(); });
  std::sort(rooms.begin(), rooms.end(),
            [](const Segment& a, const Segment& b) { return a.address < b.address; });
  if (rooms.empty() || rooms.front().address != piece.base) {
    rooms.insert(rooms.begin(), Segment{static_cast<std::uint32_t>(piece.base), 0, {}});
  }
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    const std::uint64_t end = i + 1 < rooms.size() ? rooms[i + 1].address : piece.end();
    rooms[i].memory_bytes = static_cast<std::uint32_t>(end - rooms[i].address);
  }
  return rooms;
}

Result<SwappedPlace> SwappedPlace::choose(System& system, std::uint64_t bytes,
                                          std::span<const MemoryPiece> others) {
  const std::uint64_t wanted = (bytes + kSwapUnit - 1) / kSwapUnit * kSwapUnit;
  KJUMP_CHECK(check_half(system, wanted));
  KJUMP_CHECK(check_available(system, wanted));
  std::vector<MemoryPiece> taken(others.begin(), others.end());
  std::optional<PinnedMemory> spare;
  if (auto pinned = PinnedMemory::allocate_large(system, HugePages::kBytes)) {
    spare.emplace(*std::move(pinned));
    taken.push_back({spare->pages().front(), HugePages::kBytes});
  }
  std::optional<MemoryPiece> best;
  std::uint64_t most = 0;
  const MemoryMap memory = MemoryMap::kernel(system);
  for (const MemoryRange& range : memory.ranges()) {
    const std::uint64_t start =
        std::max((range.start + kSwapUnit - 1) / kSwapUnit * kSwapUnit, kLowestSwapped);
    const std::uint64_t end = std::min(range.end, kHighestSwapped) / kSwapUnit * kSwapUnit;
    if (!range.is_ram() || end <= start || end - start < wanted) {
      continue;
    }
    KJUMP_TRY(std::vector<PageUse> uses, page_use(system, start, end, kSwapUnit));
    exclude(uses, start, taken);
    const auto units = static_cast<std::size_t>(wanted / kSwapUnit);
    const auto window = best_window(uses, units);
    const std::uint64_t free = window ? free_pages(std::span(uses).subspan(*window, units)) : 0;
    if (window && (!best || free > most)) {
      best = MemoryPiece{start + *window * kSwapUnit, wanted};
      most = free;
    }
  }
  if (best) {
    return SwappedPlace(*best, std::move(spare));
  }
  return fail(ErrorCode::kLimit,
              fmt::format("no {} MiB in one piece below 4 GiB without something that must stay in place",
                          wanted / kSwapMib),
              "/proc/kpageflags", "give the kernel less --memory, or reserve memory at boot");
}

std::span<std::byte> SwappedPlace::room(std::uint64_t address, std::size_t bytes) {
  rooms_.push_back({static_cast<std::uint32_t>(address), 0, std::vector<std::byte>(bytes)});
  return rooms_.back().content;
}

Result<std::vector<Segment>> SwappedPlace::segments(const System& system) {
  KJUMP_CHECK(check_available(system, piece_.bytes));
  return cover_with_segments(piece_, std::move(rooms_));
}

}  // namespace kjump::two_kernels
