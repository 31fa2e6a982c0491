// SPDX-License-Identifier: MIT
/// An image is ImageHeader (6 blocks), then the content, then the tables:
///
///     content       batches of up to 8 chunks of up to 32 pages each: pages marked `data`, in the order of
///                   their addresses. A chunk is one LZ4 block, or as it was where that is not smaller;
///                   chunks of a batch follow each other, the next batch begins on a block.
///     tables        bitmap `data`, bitmap `zero` (a bit for each page of ImageHeader::ranges, each bitmap
///                   rounded up to 8 bytes), then one ChunkEntry for each chunk; rounded up to a block.
#pragma once

#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/hibernate/acpi.hpp>
#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/fingerprint.hpp>
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/hibernate/times.hpp>
#include <kjump/abi/hibernate/workspace.hpp>
#include <kjump/abi/image.hpp>

namespace kjump::abi::hibernate {

inline constexpr uint64_t kImageMagic = 0x45474D4942494A4B;  // "KJIBIMGE"

inline constexpr uint32_t kImageHeaderBlocks = 6;
inline constexpr uint32_t kImageHeaderBytes = kImageHeaderBlocks * kBlockBytes;

struct ImageHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  Uuid store;
  uint64_t generation;
  uint64_t saved_at;
  char kernel[64];      ///< release
  uint64_t vmcoreinfo;  ///< physical address of the note
  uint64_t vmcoreinfo_bytes;
  uint64_t kernel_offset;  ///< of the kernel text from where it is linked (KASLR), for debuggers

  // What goes where.
  uint64_t pages;  ///< in all ranges
  uint64_t data_pages, zero_pages, free_pages, skipped_pages;
  uint64_t chunks;
  uint64_t content_blocks;
  uint64_t table_blocks;
  uint64_t table_bytes;
  uint64_t table_hash;  ///< of table_bytes
  uint32_t range_count;
  uint32_t fingerprint_count;
  uint32_t workspace_pieces;
  uint32_t free_fill;  ///< FreeFill

  // The processor, as the stub of the save payload found it.
  EntryState entry;
  LoaderParameters parameters;
  ExchangeHeader exchange;  ///< of the session that waits for the save payload
  AcpiFacts acpi;
  AcpiEnables acpi_enables;
  uint8_t entropy[64];  ///< for the restored kernel's random generator; mixed with new one
  Times save;           ///< what the save took, but for its end
  Work save_work;
  uint64_t kernel_free_pages;  ///< as the kernel itself counted; kUnknownCount

  Machine machine;
  MemoryRange ranges[kMostRanges];
  Fingerprint fingerprints[kMostFingerprints];
  uint64_t workspace[kMostWorkspacePieces];  ///< the restored kernel does not miss them
  uint64_t hash;
};
static_assert(sizeof(ImageHeader) <= kImageHeaderBytes);

}  // namespace kjump::abi::hibernate
