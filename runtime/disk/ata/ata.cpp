// SPDX-License-Identifier: MIT
#include "disk/ata/ata.hpp"

namespace kjump::disk::ata {

namespace {

// ACS-3, 7.12.7: words of IDENTIFY DEVICE.
constexpr uint32_t kSerial = 10;
constexpr uint32_t kSerialWords = 10;
constexpr uint32_t kModel = 27;
constexpr uint32_t kModelWords = 20;
constexpr uint32_t kMultiwordDma = 63;  // high byte: the mode that is selected
constexpr uint32_t kQueueDepth = 75;
constexpr uint32_t kSataCapabilities = 76;
constexpr uint32_t kSupported = 83;
constexpr uint32_t kEnabled = 85;
constexpr uint32_t kUltraDma = 88;
constexpr uint32_t kSectors48 = 100;
constexpr uint32_t kSectorSize = 106;
constexpr uint32_t kSectorWords = 117;

constexpr uint16_t kLba48 = 1u << 10;
constexpr uint16_t kWriteCache = 1u << 5;
constexpr uint16_t kNcq = 1u << 8;
constexpr uint16_t kSizeMask = 0xD000;  // bits 15:14 are 01 when the word means something
constexpr uint16_t kLongSectors = 0x5000;

/// Two characters a word, the first in the high byte.
void copy_swapped(char* to, size_t room, const uint16_t* words, uint32_t count) {
  char text[2 * kModelWords];
  for (uint32_t i = 0; i < count; ++i) {
    text[2 * i] = static_cast<char>(words[i] >> 8);
    text[2 * i + 1] = static_cast<char>(words[i] & 0xFF);
  }
  copy_text(to, room, text, 2 * count);
}

}  // namespace

const char* name_of(uint8_t command) {
  switch (command) {
    case kReadSectorsExt:
      return "READ SECTORS EXT";
    case kReadDmaExt:
      return "READ DMA EXT";
    case kWriteSectorsExt:
      return "WRITE SECTORS EXT";
    case kWriteDmaExt:
      return "WRITE DMA EXT";
    case kReadQueued:
      return "READ FPDMA QUEUED";
    case kWriteQueued:
      return "WRITE FPDMA QUEUED";
    case kFlushExt:
      return "FLUSH CACHE EXT";
    default:
      return "IDENTIFY DEVICE";
  }
}

Error read_identity(const uint16_t* words, Info& info, Drive& drive) {
  if ((words[kSupported] & kLba48) == 0) {
    return {Code::kUnsupported, "open", "the disk knows no 48-bit commands"};
  }
  info.sectors = words[kSectors48] | uint64_t{words[kSectors48 + 1]} << 16 |
                 uint64_t{words[kSectors48 + 2]} << 32 | uint64_t{words[kSectors48 + 3]} << 48;
  info.sector_bytes = 512;
  if ((words[kSectorSize] & kSizeMask) == kLongSectors) {
    info.sector_bytes = (words[kSectorWords] | uint32_t{words[kSectorWords + 1]} << 16) * 2;
  }
  if (info.sectors == 0 || info.sector_bytes < 512 || info.sector_bytes > kMaxTransferBytes) {
    return {Code::kUnsupported, "open", "no sectors, or of an odd size"};
  }
  const uint32_t most = kMaxTransferBytes / info.sector_bytes;
  info.max_transfer_bytes = (most < kMostSectors ? most : kMostSectors) * info.sector_bytes;
  info.write_cache = (words[kEnabled] & kWriteCache) != 0;
  info.can_flush = true;
  copy_swapped(info.serial, sizeof info.serial, words + kSerial, kSerialWords);
  copy_swapped(info.model, sizeof info.model, words + kModel, kModelWords);
  const uint16_t sata = words[kSataCapabilities];
  const bool queues = sata != 0xFFFF && (sata & kNcq) != 0;
  drive.queue_depth = static_cast<uint16_t>(queues ? (words[kQueueDepth] & 0x1F) + 1 : 0);
  drive.dma_selected = (words[kMultiwordDma] & 0x0700) != 0 || (words[kUltraDma] & 0x7F00) != 0;
  return {};
}

}  // namespace kjump::disk::ata
