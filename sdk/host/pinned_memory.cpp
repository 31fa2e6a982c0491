// SPDX-License-Identifier: MIT
#include "host/pinned_memory.hpp"

#include <fmt/format.h>
#include <linux/mman.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

constexpr std::size_t kHugePage = HugePages::kBytes;
// MAP_HUGE_2MB of linux/mman.h: this size, whatever the default is.
constexpr int kMapHuge = MAP_HUGETLB | (21 << MAP_HUGE_SHIFT);
constexpr std::uint64_t kLowMemory = std::uint64_t{16} << 20;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

std::span<std::byte> map(std::size_t bytes, int flags) {
  void* start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | flags, -1, 0);
  if (start == MAP_FAILED) {
    return {};
  }
  static_cast<void>(::madvise(start, bytes, MADV_DONTFORK));  // a child's write would move the parent's page
  return {static_cast<std::byte*>(start), bytes};
}

void unmap(std::span<std::byte> bytes) {
  if (!bytes.empty()) {
    ::munmap(bytes.data(), bytes.size());
  }
}

}  // namespace

std::optional<std::uint64_t> address_in_pagemap(std::uint64_t entry) {
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
  constexpr std::uint64_t kFrameNumber = (std::uint64_t{1} << 55) - 1;
  const std::uint64_t frame = entry & kFrameNumber;
  if ((entry & kPresent) == 0 || frame == 0) {
    return std::nullopt;
  }
  return frame * abi::kPageBytes;
}

PinnedMemory::PinnedMemory(PinnedMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      pin_(std::move(other.pin_)),
      pages_(std::move(other.pages_)),
      pools_(std::move(other.pools_)) {}

PinnedMemory::~PinnedMemory() {
  if (!bytes_.empty()) {
    ::explicit_bzero(bytes_.data(), bytes_.size());
    unmap(bytes_);
  }
}

Result<PinnedMemory> PinnedMemory::allocate(const System& system, std::size_t bytes) {
  // Locked, too: a pipe alone lets the kernel take a page out of the page tables, on its way to swap.
  PinnedMemory memory(map(round_up(bytes, abi::kPageBytes), MAP_LOCKED));
  if (memory.bytes_.empty()) {
    return fail_errno("no memory for a bulk request or reply", fmt::format("{} bytes", bytes),
                      "ask for less");
  }
  KJUMP_TRY(memory.pin_, PagePin::take(memory.bytes_));
  KJUMP_CHECK(memory.find_pages(system));
  return memory;
}

Result<PinnedMemory> PinnedMemory::allocate_large(System& system, std::size_t bytes) {
  const std::size_t rounded = round_up(bytes, kHugePage);
  std::vector<PinnedMemory> low;  // held while we try again, so that we do not get the same ones
  std::vector<HugePages> pools;
  constexpr int kTries = 2;
  for (int i = 0; i < kTries; ++i) {
    KJUMP_TRY(HugePages pool, HugePages::add(system, rounded / kHugePage));
    pools.push_back(std::move(pool));
    const std::span<std::byte> huge = map(rounded, kMapHuge);
    if (huge.empty()) {
      return fail_errno("cannot map huge pages", "bulk request or reply",
                        "another program may have taken them");
    }
    PinnedMemory memory(huge);
    KJUMP_CHECK(memory.find_pages(system));
    if (*std::min_element(memory.pages_.begin(), memory.pages_.end()) >= kLowMemory) {
      memory.pools_ = std::move(pools);
      return memory;
    }
    low.push_back(std::move(memory));
  }
  return fail(ErrorCode::kLimit, "the kernel only gives huge pages below 16 MiB", "bulk request or reply",
              "free some memory");
}

Result<void> PinnedMemory::find_pages(const System& system) {
  constexpr const char* kPagemap = "/proc/self/pagemap";
  const std::size_t count = bytes_.size() / abi::kPageBytes;
  const auto first = reinterpret_cast<std::uintptr_t>(bytes_.data()) / abi::kPageBytes;
  KJUMP_TRY(const std::string entries,
            system.read_at(kPagemap, first * sizeof(std::uint64_t), count * sizeof(std::uint64_t)));
  if (entries.size() != count * sizeof(std::uint64_t)) {
    return fail(ErrorCode::kSystem, "the kernel does not say where pinned memory lies", kPagemap);
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t entry = 0;
    std::memcpy(&entry, entries.data() + i * sizeof entry, sizeof entry);
    const auto address = address_in_pagemap(entry);
    if (!address) {
      return fail(ErrorCode::kSystem, "the kernel does not say where pinned memory lies", kPagemap,
                  "it takes CAP_SYS_ADMIN: run as root");
    }
    pages_.push_back(*address);
  }
  return {};
}

}  // namespace kjump
