// SPDX-License-Identifier: MIT
#include "kernel/core_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include <kjump/abi/two_kernels.hpp>

#include "image/core_file.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

// __START_KERNEL_map (Documentation/arch/x86/x86_64/mm.rst).
constexpr std::uint64_t kKernelMapBase = 0xFFFF'FFFF'8000'0000;

constexpr std::uint64_t page_down(std::uint64_t address) {
  return address / abi::kPageBytes * abi::kPageBytes;
}
constexpr std::uint64_t page_up(std::uint64_t address) {
  return page_down(address + abi::kPageBytes - 1);
}

/// Virtual less physical address in the direct map, which is the same everywhere.
std::optional<std::uint64_t> direct_map_of(std::span<const KernelMapping> mappings) {
  for (const KernelMapping& mapping : mappings) {
    if (mapping.address < kKernelMapBase) {
      return mapping.address - mapping.physical;
    }
  }
  return std::nullopt;
}

/// The parts of [start, end) outside of the holes, which are in order of address.
void add_around(std::vector<MemoryPiece>& pieces, std::uint64_t start, std::uint64_t end,
                std::span<const MemoryPiece> holes) {
  for (const MemoryPiece& hole : holes) {
    const std::uint64_t before = std::clamp(hole.base, start, end);
    if (start < before) {
      pieces.push_back({start, before - start});
    }
    start = std::clamp(hole.end(), start, end);
  }
  if (start < end) {
    pieces.push_back({start, end - start});
  }
}

std::vector<MemoryPiece> pieces_outside(const MemoryMap& ram, const MemoryPiece& second) {
  const std::array<MemoryPiece, 2> holes{
      {{format::kLowMemoryBase, format::kLowMemoryEnd - format::kLowMemoryBase}, second}};
  std::vector<MemoryPiece> pieces{{format::kHandOffBase, abi::kPageBytes}};
  for (const MemoryRange& range : ram.ranges()) {
    const std::uint64_t start = page_up(range.start);
    const std::uint64_t end = page_down(range.end);
    if (range.is_ram() && start < end) {
      add_around(pieces, start, end, holes);
    }
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const MemoryPiece& a, const MemoryPiece& b) { return a.base < b.base; });
  return pieces;
}

}  // namespace

Result<std::vector<CorePiece>> core_pieces(const MemoryMap& ram, std::span<const KernelMapping> mappings,
                                           const MemoryPiece& second) {
  const auto direct_map = direct_map_of(mappings);
  if (!direct_map) {
    return fail(ErrorCode::kUnsupported, "the kernel does not tell where it maps memory", "/proc/kcore");
  }
  std::vector<CorePiece> pieces;
  for (const KernelMapping& mapping : mappings) {
    if (mapping.address >= kKernelMapBase) {
      const std::uint64_t physical = page_down(mapping.physical);
      pieces.push_back({physical, page_up(mapping.physical + mapping.bytes) - physical, physical,
                        page_down(mapping.address)});
    }
  }
  for (const MemoryPiece& piece : pieces_outside(ram, second)) {
    pieces.push_back({piece.base, piece.bytes, piece.base, *direct_map + piece.base});
  }
  return pieces;
}

void add_displaced(std::vector<CorePiece>& pieces, std::span<const DisplacedRun> runs) {
  if (pieces.empty()) {
    return;
  }
  const CorePiece& any = pieces.back();  // the kernel's own mappings come first
  const std::uint64_t direct_map = any.virtual_address - any.physical;
  for (const DisplacedRun& run : runs) {
    if (run.source != run.address) {
      pieces.push_back({run.address, run.bytes, run.source, direct_map + run.address});
    }
  }
}

Result<std::vector<std::byte>> core_header(std::span<const MemoryPiece> notes,
                                           std::span<const CorePiece> pieces) {
  const std::size_t segments = notes.size() + pieces.size();
  if (segments >= PN_XNUM) {
    return fail(ErrorCode::kLimit, fmt::format("memory lies in {} pieces", pieces.size()), "ELF core header",
                fmt::format("{} is the most", PN_XNUM - 1 - notes.size()));
  }
  std::vector<std::byte> header;
  core_file::append(header, core_file::file_header(segments));
  for (const MemoryPiece& note : notes) {
    core_file::append(header, core_file::note_segment(note.base, note.bytes));
  }
  for (const CorePiece& piece : pieces) {
    core_file::append(
        header, core_file::load_segment(piece.lies_at, piece.virtual_address, piece.physical, piece.bytes));
  }
  return header;
}

}  // namespace kjump::two_kernels
