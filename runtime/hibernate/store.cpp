// SPDX-License-Identifier: MIT
#include "hibernate/store.hpp"

#include <kjump/payload.hpp>

#include "hibernate/hash.hpp"
#include "long_mode/window.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint64_t kDoorstep = format::kBlockBytes;

alignas(format::kBlockBytes) uint8_t block_buffer[format::kBlockBytes];
format::Extent extents[format::kMostExtents];

uint64_t address_of(const void* memory) {
  return reinterpret_cast<uint64_t>(memory);
}

bool same(const format::Uuid& one, const format::Uuid& other) {
  return __builtin_memcmp(one.bytes, other.bytes, sizeof one.bytes) == 0;
}

// In order, without gap, as many blocks as the store has, all on the disk. Who knows only where block 0 lies
// must find the list, and a boot sector its program.
bool extents_fit(const format::StoreHeader& header) {
  if (extents[0].sector != header.header_sector || extents[0].blocks < format::kDataBlock) {
    return false;
  }
  uint64_t next = 0;
  for (uint32_t i = 0; i < header.extents; ++i) {
    const format::Extent& extent = extents[i];
    const uint64_t most = header.disk_sectors / format::kSectorsPerBlock;
    if (extent.first_block != next || extent.blocks == 0 || extent.blocks > most ||
        extent.sector > header.disk_sectors ||
        extent.blocks * format::kSectorsPerBlock > header.disk_sectors - extent.sector) {
      return false;
    }
    next += extent.blocks;
  }
  return next == header.blocks;
}

bool header_fits(const format::StoreHeader& header, uint64_t header_sector, const disk::Info& info) {
  return header.magic == format::kStoreMagic && header.version == format::kFormatVersion &&
         header.header_bytes == sizeof header && header.hash == own_hash(header) &&
         header.header_sector == header_sector && header.extents != 0 &&
         header.extents <= format::kMostExtents && header.blocks >= format::kSmallestStoreBlocks &&
         header.disk_sectors <= info.sectors * (info.sector_bytes / format::kSectorBytes);
}

}  // namespace

bool Store::load(uint64_t header_sector, const format::Uuid* uuid, disk::Error& error) {
  error = disk_.transfer(disk::Operation::kRead, header_sector, kDoorstep, address_of(block_buffer));
  if (error.failed()) {
    return false;
  }
  __builtin_memcpy(&header_, block_buffer, sizeof header_);
  if (!header_fits(header_, header_sector, disk_.disk().info) ||
      (uuid != nullptr && !same(header_.uuid, *uuid))) {
    return false;
  }
  // The first blocks lie together, or nobody could find the extents.
  auto* to = reinterpret_cast<uint8_t*>(extents);
  for (uint32_t have = 0, block = 1; have < header_.extents; have += format::kExtentsPerBlock, ++block) {
    const uint64_t sector = header_sector + uint64_t{block} * format::kSectorsPerBlock;
    error = disk_.transfer(disk::Operation::kRead, sector, format::kBlockBytes, address_of(block_buffer));
    if (error.failed()) {
      return false;
    }
    const uint32_t rest = header_.extents - have;
    const uint32_t count = rest < format::kExtentsPerBlock ? rest : format::kExtentsPerBlock;
    __builtin_memcpy(to + have * sizeof(format::Extent), block_buffer, count * sizeof(format::Extent));
  }
  return hash_of(extents, header_.extents * sizeof(format::Extent)) == header_.extents_hash &&
         extents_fit(header_);
}

void Store::start_piece(disk::Operation operation, uint64_t sector, uint64_t bytes, Buffer& buffer,
                        uint64_t offset) {
  disk::Disk& disk = disk_.disk();
  const uint64_t unit = disk.info.sector_bytes;
  while (bytes != 0 && !buffer.error.failed()) {
    while (~busy_ == 0) {
      (void)poll();
    }
    const auto slot = static_cast<uint32_t>(__builtin_ctz(~busy_));
    const uint64_t most = bytes < disk.info.max_transfer_bytes ? bytes : disk.info.max_transfer_bytes;
    const auto [address, part] = physical_run(buffer.address + offset, most);
    disk::Request& request = requests_[slot];
    request.operation = operation;
    request.sector = sector * format::kSectorBytes / unit;
    request.count = static_cast<uint32_t>(part / unit);
    request.address = address;
    request.user = &buffer;
    disk::Submitted submitted = disk::submit(disk, request);
    while (submitted == disk::Submitted::kFull) {
      (void)poll();
      submitted = disk::submit(disk, request);
    }
    if (submitted == disk::Submitted::kRefused) {
      buffer.error = request.error;
      return;
    }
    busy_ |= 1u << slot;
    ++buffer.pending;
    sector += part / format::kSectorBytes;
    offset += part;
    bytes -= part;
  }
}

void Store::start(disk::Operation operation, uint64_t block, uint64_t blocks, Buffer& buffer,
                  uint64_t offset) {
  for (uint32_t i = 0; i < header_.extents && blocks != 0; ++i) {
    const format::Extent& extent = extents[i];
    if (block - extent.first_block >= extent.blocks) {
      continue;
    }
    const uint64_t skip = block - extent.first_block;
    const uint64_t rest = extent.blocks - skip;
    const uint64_t count = blocks < rest ? blocks : rest;
    start_piece(operation, extent.sector + skip * format::kSectorsPerBlock, count * format::kBlockBytes,
                buffer, offset);
    block += count;
    offset += count * format::kBlockBytes;
    blocks -= count;
  }
  if (blocks != 0 && !buffer.error.failed()) {
    buffer.error = {disk::Code::kInvalid, "transfer", "beyond the end of the store", 0, 0};
  }
}

void Store::start_image(disk::Operation operation, uint64_t first, uint64_t index, uint64_t blocks,
                        Buffer& buffer, uint64_t offset) {
  while (blocks != 0) {
    const uint64_t block = format::ring_block(first, index, header_.blocks);
    const uint64_t rest = header_.blocks - block;
    const uint64_t count = blocks < rest ? blocks : rest;
    start(operation, block, count, buffer, offset);
    index += count;
    offset += count * format::kBlockBytes;
    blocks -= count;
  }
}

bool Store::poll() {
  disk::Request* request = disk::poll(disk_.disk());
  if (request == nullptr) {
    return false;
  }
  auto& buffer = *static_cast<Buffer*>(request->user);
  --buffer.pending;
  if (request->error.failed() && !buffer.error.failed()) {
    buffer.error = request->error;
  }
  busy_ &= ~(1u << (request - requests_));
  return true;
}

disk::Error Store::finish(Buffer& buffer) {
  while (buffer.pending != 0) {
    if (!poll()) {
      asm volatile("pause");
    }
  }
  return buffer.error;
}

disk::Error Store::transfer(disk::Operation operation, uint64_t block, uint64_t blocks, uint64_t address) {
  Buffer buffer;
  buffer.address = address;
  start(operation, block, blocks, buffer);
  return finish(buffer);
}

}  // namespace kjump::hibernate
