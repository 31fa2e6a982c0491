// SPDX-License-Identifier: MIT
// PAE page tables: with them even 32-bit code names physical addresses of up to 52 bits (SDM volume 3, 4.4).
// Paging is on for the copy alone.
#include "memory/high_window.hpp"

#include <kjump/abi/processor.hpp>
#include <kjump/payload.hpp>

#include "platform/control_registers.hpp"
#include "support/cpuid.hpp"

namespace kjump {
namespace {

constexpr uint64_t kPresent = 1;    // a page-directory-pointer entry has no other bit to set
constexpr uint64_t kLeaf2M = 0x83;  // present, writable, page size
constexpr uint64_t k4Gib = uint64_t{1} << 32;
constexpr uint32_t kLargePage = 2u << 20;
constexpr uint32_t kEntries = 512;
constexpr uint32_t kCpuidAddressSizes = 0x80000008;
constexpr uint32_t kCpuidPae = 1u << 6;  // leaf 1, EDX

// The first 2 MiB, where all of an image is, and behind it the window.
alignas(abi::kPageBytes) uint64_t directory[kEntries];
alignas(32) uint64_t pointers[4];

bool can_address(uint64_t last) {
  if ((cpuid(1).edx & kCpuidPae) == 0) {
    return false;
  }
  constexpr uint32_t kWithoutLeaf = 36;
  const bool told = cpuid(abi::kCpuidExtended).eax >= kCpuidAddressSizes;
  const uint32_t bits = told ? cpuid(kCpuidAddressSizes).eax & 0xFF : kWithoutLeaf;
  return last >> bits == 0;
}

void copy_through_window(void* to, uint64_t from, uint32_t bytes) {
  const uint64_t page = from / kLargePage * kLargePage;
  directory[0] = kLeaf2M;
  directory[1] = page | kLeaf2M;
  pointers[0] = reinterpret_cast<uintptr_t>(directory) | kPresent;
  const uint32_t cr0 = platform::read_cr0();
  const uint32_t cr3 = platform::read_cr3();
  const uint32_t cr4 = platform::read_cr4();
  platform::write_cr4(cr4 | abi::kCr4Pae);
  platform::write_cr3(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(pointers)));
  platform::write_cr0(cr0 | abi::kCr0Paging);
  __builtin_memcpy(to, reinterpret_cast<const void*>(kLargePage + static_cast<uint32_t>(from - page)), bytes);
  platform::write_cr0(cr0);
  platform::write_cr3(cr3);
  platform::write_cr4(cr4);
}

}  // namespace

bool copy_from_anywhere(void* to, uint64_t from, uint32_t bytes) {
  if (bytes == 0 || bytes > kLargePage || from % kLargePage > kLargePage - bytes) {
    return false;
  }
  if (from < k4Gib) {
    __builtin_memcpy(to, physical(static_cast<uint32_t>(from)), bytes);
    return true;
  }
  if (!can_address(from + bytes - 1)) {
    return false;
  }
  copy_through_window(to, from, bytes);
  return true;
}

}  // namespace kjump
