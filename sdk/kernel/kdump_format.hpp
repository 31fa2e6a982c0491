// SPDX-License-Identifier: MIT
/// makedumpfile's compressed format on x86_64, header version 6 (its file IMPLEMENTATION; crash reads the
/// same). In blocks: header, sub-header, two bitmaps of all frames, a descriptor for each page, the pages.
#pragma once

#include <cstdint>

namespace kjump::two_kernels::kdump {

inline constexpr char kSignature[] = "KDUMP   ";
inline constexpr std::uint32_t kBlockBytes = 4096;
inline constexpr std::uint32_t kVersion = 6;
inline constexpr std::uint32_t kVersionWithNotes = 4;  ///< from here on with VMCOREINFO, notes
inline constexpr std::uint32_t kVersionWith64Bits = 6;

struct Header {
  char signature[8];
  std::uint32_t version;
  char names[6][65];  ///< struct new_utsname: system, node, release, version, machine, domain
  char padding[6];
  std::uint64_t seconds;
  std::uint64_t microseconds;
  std::uint32_t status;  ///< Status
  std::uint32_t block_bytes;
  std::uint32_t sub_header_blocks;
  std::uint32_t bitmap_blocks;  ///< of both bitmaps
  std::uint32_t frames;         ///< the lower 32 bits
  std::uint32_t ram_blocks;
  std::uint32_t device_blocks;
  std::uint32_t written_blocks;
  std::uint32_t processor;
  std::uint32_t processors;
};
static_assert(sizeof(Header) == 464);
inline constexpr unsigned kRelease = 2;
inline constexpr unsigned kMachine = 4;

enum Status : std::uint32_t {
  kZlib = 1,
  kLzo = 2,
  kSnappy = 4,
  kIncomplete = 8,
  kZstd = 0x20,
};

struct SubHeader {
  std::uint64_t phys_base;
  std::uint32_t level;  ///< makedumpfile -d
  std::uint32_t split;
  std::uint64_t start_frame;
  std::uint64_t end_frame;
  std::uint64_t vmcoreinfo_offset;
  std::uint64_t vmcoreinfo_bytes;
  std::uint64_t note_offset;
  std::uint64_t note_bytes;
  std::uint64_t erased_offset;
  std::uint64_t erased_bytes;
  std::uint64_t start_frame_64;
  std::uint64_t end_frame_64;
  std::uint64_t frames_64;
};
static_assert(sizeof(SubHeader) == 104);

struct PageDescriptor {
  std::uint64_t offset;
  std::uint32_t bytes;
  std::uint32_t flags;  ///< 0: as it is; else as in Status how it is compressed
  std::uint64_t page_flags;
};
static_assert(sizeof(PageDescriptor) == 24);

}  // namespace kjump::two_kernels::kdump
