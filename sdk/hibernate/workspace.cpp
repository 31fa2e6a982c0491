// SPDX-License-Identifier: MIT
#include "hibernate/workspace.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include <kjump/abi/hibernate/workspace.hpp>

namespace kjump::hibernate {
namespace {

constexpr std::uint64_t kKib = 1024;
constexpr std::uint64_t kMib = kKib * kKib;
constexpr std::uint64_t kBuffers = 8;
// Of single pages: some may lie too low for the payload.
constexpr std::uint64_t kSpareBytes = kMib;
// What programs and the kernel may want until the jump.
constexpr std::uint64_t kLeftFree = 2 * kMib;

// The number behind a word, in bytes; the files say KiB.
std::uint64_t amount_in(const std::string& text, const std::string& word) {
  const auto at = text.find(word);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + word.size(), nullptr, 10) * kKib;
}

// Single pages are had down to the kernel's own reserve. Beyond it the kernel would end a program to get
// them.
Result<void> check_free(const System& system, std::uint64_t bytes) {
  const std::uint64_t free = amount_in(system.read_line("/proc/meminfo"), "MemFree:");
  const std::uint64_t reserve = amount_in(system.read_line("/proc/sys/vm/min_free_kbytes"), "");
  if (free >= reserve + kLeftFree + bytes) {
    return {};
  }
  return fail(
      ErrorCode::kLimit,
      fmt::format("memory is full: {} MiB are free, {} of them the kernel's reserve; the payload needs {}",
                  free / kMib, reserve / kMib, (bytes + kLeftFree) / kMib),
      "/proc/meminfo", "free some memory, or try again with --drop-caches");
}

}  // namespace

std::uint64_t workspace_bytes(std::uint64_t memory_pages, std::uint64_t buffers) {
  const std::uint64_t most_chunks = memory_pages / abi::hibernate::kChunkPages + 1;
  return abi::hibernate::workspace_pages(abi::hibernate::tables_bytes(memory_pages, most_chunks), buffers) *
         abi::kPageBytes;
}

Result<std::string> take_workspace(const System& system, std::uint64_t memory_pages,
                                   const TakeWorkspace& take) {
  for (std::uint64_t buffers = kBuffers; buffers >= abi::hibernate::kFewestBuffers; buffers -= 2) {
    if (take(workspace_bytes(memory_pages, buffers), BulkPages::kLarge)) {
      return buffers == kBuffers
                 ? std::string()
                 : fmt::format(
                       "memory is short: the payload has {} MiB of buffers instead of {}, which is slower",
                       buffers, kBuffers);
    }
  }
  const std::uint64_t bytes = workspace_bytes(memory_pages, abi::hibernate::kFewestBuffers) + kSpareBytes;
  KJUMP_CHECK(check_free(system, bytes));
  KJUMP_CHECK(take(bytes, BulkPages::kAny));
  return fmt::format(
      "memory is short and in pieces: the payload works in {} MiB of single pages, which is slower",
      bytes / kMib);
}

}  // namespace kjump::hibernate
