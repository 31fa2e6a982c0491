// SPDX-License-Identifier: MIT
#include "kernel/identity_tables.hpp"

#include <fmt/format.h>

namespace kjump::two_kernels {
namespace {

// SDM volume 3, 4.5.4: each level takes nine bits of the address.
constexpr std::size_t kEntries = 512;
constexpr unsigned kLeafShift = 21;
constexpr unsigned kRootShift = 39;
constexpr unsigned kLevelBits = 9;
constexpr std::uint64_t kTableFlags = 0x3;  // present, writable
constexpr std::uint64_t kLeafFlags = 0x83;  // and a page of 2 MiB
constexpr std::uint64_t kAddressMask = 0x000F'FFFF'FFFF'F000;
constexpr std::uint64_t kTableSize = kEntries * sizeof(std::uint64_t);

void map_leaf(std::vector<std::uint64_t>& tables, std::uint64_t base, std::uint64_t address) {
  std::size_t table = 0;
  for (unsigned shift = kRootShift; shift > kLeafShift; shift -= kLevelBits) {
    const std::size_t at = table * kEntries + (address >> shift) % kEntries;
    if (tables[at] == 0) {
      tables[at] = (base + tables.size() * sizeof(std::uint64_t)) | kTableFlags;
      tables.resize(tables.size() + kEntries);
    }
    table = static_cast<std::size_t>(((tables[at] & kAddressMask) - base) / kTableSize);
  }
  tables[table * kEntries + (address >> kLeafShift) % kEntries] = address | kLeafFlags;
}

}  // namespace

Result<std::vector<std::uint64_t>> identity_tables(std::span<const MemoryPiece> pieces, std::uint64_t base) {
  constexpr std::uint64_t kLeaf = std::uint64_t{1} << kLeafShift;
  std::vector<std::uint64_t> tables(kEntries);
  for (const MemoryPiece& piece : pieces) {
    for (std::uint64_t at = piece.base / kLeaf * kLeaf; at < piece.end(); at += kLeaf) {
      map_leaf(tables, base, at);
      if (tables.size() * sizeof(std::uint64_t) > kTableBytes) {
        return fail(ErrorCode::kLimit, "too much memory to be mapped for the start of a kernel",
                    fmt::format("{:#x} bytes at {:#x}", piece.bytes, piece.base), "give it less --memory");
      }
    }
  }
  return tables;
}

}  // namespace kjump::two_kernels
