// SPDX-License-Identifier: MIT
// Bring-up of a virtio-blk device (virtio 1.0, 3.1.1 and 5.2).
#include "disk/clock.hpp"
#include "disk/virtio/state.hpp"

namespace kjump::disk::virtio {

namespace {

// 5.2.3 and 6.
constexpr uint64_t kSizeMax = 1u << 1;
constexpr uint64_t kReadOnly = 1u << 5;
constexpr uint64_t kBlockSize = 1u << 6;
constexpr uint64_t kFlushFeature = 1u << 9;
constexpr uint64_t kConfigWriteCache = 1u << 11;
constexpr uint64_t kVersion1 = uint64_t{1} << 32;

// 5.2.4: the configuration.
constexpr uint32_t kCapacity = 0;
constexpr uint32_t kSizeMaxField = 8;
constexpr uint32_t kBlockSizeField = 20;
constexpr uint32_t kWriteCacheField = 32;

/// What both sides know; with or without a serial number, read-only, cache.
Error negotiate(State& state, uint64_t& features) {
  const Transport& transport = state.transport;
  transport.set_status(kAcknowledge);
  transport.set_status(kAcknowledge | kDriver);
  features = transport.device_features() &
             (kSizeMax | kReadOnly | kBlockSize | kFlushFeature | kConfigWriteCache | kVersion1);
  transport.set_driver_features(features);
  if (transport.legacy()) {
    return {};
  }
  transport.set_status(kAcknowledge | kDriver | kFeaturesOk);
  if ((features & kVersion1) == 0 || (transport.status() & kFeaturesOk) == 0) {
    return {Code::kUnsupported, "open", "the device wants features that this driver has not"};
  }
  return {};
}

Error start_queue(Disk& disk, State& state) {
  uint16_t size = state.transport.queue_size();
  if (size < kDescriptorsPerSlot || (size > kMaxQueueSize && state.transport.legacy())) {
    return {Code::kUnsupported, "open", "the queue has an odd size", size};
  }
  size = size > kMaxQueueSize ? kMaxQueueSize : size;
  const uint32_t depth = size / kDescriptorsPerSlot;
  disk.info.depth = static_cast<uint16_t>(depth < kMaxDepth ? depth : kMaxDepth);
  state.queue.set_up(state.queue_memory, size);
  state.transport.start_queue(size, state.queue.addresses());
  return {};
}

Error read_config(Disk& disk, State& state, uint64_t features) {
  const Transport& transport = state.transport;
  Info& info = disk.info;
  info.sector_bytes = (features & kBlockSize) != 0 ? transport.config32(kBlockSizeField) : 1u << kUnitShift;
  state.sector_shift = static_cast<uint32_t>(__builtin_ctz(info.sector_bytes | 1u << 31));
  if (info.sector_bytes != 1u << state.sector_shift || state.sector_shift < kUnitShift ||
      info.sector_bytes > kMaxTransferBytes) {
    return {Code::kUnsupported, "open", "the sectors have an odd size", info.sector_bytes};
  }
  const uint64_t units = transport.config32(kCapacity) | uint64_t{transport.config32(kCapacity + 4)} << 32;
  info.sectors = units >> (state.sector_shift - kUnitShift);
  const uint32_t most = (features & kSizeMax) != 0 ? transport.config32(kSizeMaxField) : kMaxTransferBytes;
  info.max_transfer_bytes = most < kMaxTransferBytes ? most & ~(info.sector_bytes - 1) : kMaxTransferBytes;
  if (info.max_transfer_bytes == 0) {
    return {Code::kUnsupported, "open", "a segment holds less than a sector", most};
  }
  info.buffer_alignment = 1;
  info.address_limit = UINT64_MAX;
  info.read_only = (features & kReadOnly) != 0;
  // 5.2.6.2: a device that cannot flush writes through.
  state.can_flush = (features & kFlushFeature) != 0;
  info.can_flush = true;
  info.write_cache =
      state.can_flush && ((features & kConfigWriteCache) == 0 || transport.config8(kWriteCacheField) != 0);
  copy_text(info.model, sizeof info.model, "virtio-blk", sizeof "virtio-blk");
  return {};
}

/// The serial number is a request of its own. A device that does not know it has none.
Error read_serial(Disk& disk, State& state) {
  send(state, 0, kGetId, 0, address_of(state.id), kIdBytes, true);
  const Deadline end(disk);
  uint32_t slot = 0;
  while (!state.queue.take_used(slot)) {
    if (end.passed()) {
      return {Code::kTimeout, "GET_ID", "no answer in time", state.transport.status()};
    }
    relax();
  }
  if (state.status[0] == kOk) {
    copy_text(disk.info.serial, sizeof disk.info.serial, state.id, kIdBytes);
  }
  return {};
}

}  // namespace

/// A device is reset when its status reads 0 again (4.1.4.3.2).
bool reset(const Disk& disk, const Transport& transport) {
  transport.set_status(0);
  const Deadline end(disk);
  while (transport.status() != 0) {
    if (end.passed()) {
      return false;
    }
    relax();
  }
  return true;
}

Error bring_up(Disk& disk, State& state) {
  if (!reset(disk, state.transport)) {
    return {Code::kTimeout, "reset", "no answer in time", state.transport.status()};
  }
  uint64_t features = 0;
  Error error = negotiate(state, features);
  if (!error.failed()) {
    error = read_config(disk, state, features);
  }
  if (!error.failed()) {
    error = start_queue(disk, state);
  }
  if (error.failed()) {
    return error;
  }
  const uint8_t features_ok = state.transport.legacy() ? 0 : kFeaturesOk;
  state.transport.set_status(static_cast<uint8_t>(kAcknowledge | kDriver | kDriverOk | features_ok));
  return read_serial(disk, state);
}

}  // namespace kjump::disk::virtio
