// SPDX-License-Identifier: MIT
// Rule: no bytes make the readers of dumps crash, read outside of them, or promise memory that they then do
// not have.
//
// Run: fuzz_dump -max_total_time=60.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "hibernate/hash.hpp"
#include "kernel/dump.hpp"
#include "kernel/snapshot_store.hpp"

namespace {

void demand(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kjump::two_kernels;
  if (size >= sizeof(SnapshotIndex)) {
    SnapshotIndex index{};
    std::memcpy(&index, data, sizeof index);
    index.magic = kSnapshotMagic;
    index.version = kSnapshotVersion;
    kjump::hibernate::seal(index);
    static_cast<void>(check_snapshot_index(index, "fuzz"));
  }
  const auto dump = open_dump(memory_dump_source(std::as_bytes(std::span(data, size)), "fuzz"));
  if (!dump) {
    return 0;
  }
  const DumpFacts& facts = (*dump)->facts();
  demand(!facts.memory.empty() && facts.pages_there <= facts.pages);
  std::vector<std::byte> content(8 * kjump::abi::kPageBytes);
  std::uint64_t end = 0;
  int most = 64;
  for (const MemoryPiece& piece : facts.memory) {
    demand(piece.base >= end && piece.bytes != 0 && piece.bytes % kjump::abi::kPageBytes == 0);
    end = piece.end();
    const auto part = std::span(content).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(content.size(), piece.bytes)));
    demand((*dump)->covers(piece.base, piece.bytes));
    static_cast<void>((*dump)->read(piece.base, part));
    static_cast<void>((*dump)->read(piece.end() - part.size(), part));
    if (--most == 0) {
      break;
    }
  }
  return 0;
}
