// SPDX-License-Identifier: MIT
// virtio-blk (virtio 1.0, 5.2).
#include "disk/clock.hpp"
#include "disk/driver.hpp"
#include "disk/virtio/queue.hpp"

namespace kjump::disk {

namespace virtio {
namespace {

constexpr uint16_t kVendor = 0x1AF4;
constexpr uint16_t kTransitionalBlock = 0x1001;
constexpr uint16_t kModernBlock = 0x1042;

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

// 5.2.6: a request.
constexpr uint32_t kRead = 0;
constexpr uint32_t kWrite = 1;
constexpr uint32_t kFlush = 4;
constexpr uint32_t kGetId = 8;
constexpr uint32_t kIdBytes = 20;
constexpr uint8_t kOk = 0;
constexpr uint8_t kIoError = 1;
constexpr uint8_t kNotYet = 0xFF;

constexpr uint32_t kUnitShift = 9;  // capacity and sector numbers are in units of 512 bytes, always

struct Header {
  uint32_t type;
  uint32_t reserved;
  uint64_t sector;
};

struct State {
  QueueMemory queue_memory;
  Header headers[kMaxDepth];
  volatile uint8_t status[kMaxDepth];
  char id[kIdBytes];
  Queue queue;
  Transport transport;
  pci::Taken taken;
  bool can_flush;
  uint32_t sector_shift;  ///< of a logical sector
};
static_assert(sizeof(State) <= kStorageBytes);

bool is_disk(const Place& place) {
  const uint32_t id = pci::read32(place, pci::kId);
  return (id & 0xFFFF) == kVendor && (id >> 16 == kTransitionalBlock || id >> 16 == kModernBlock);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_disk, index, place);
}

/// A device is reset when its status reads 0 again (4.1.4.3.2).
bool reset(Disk& disk, const Transport& transport) {
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

void send(State& state, uint32_t slot, uint32_t type, uint64_t sector, uint64_t address, uint32_t bytes,
          bool device_writes) {
  Header& header = state.headers[slot];
  header.type = type;
  header.sector = sector;
  state.status[slot] = kNotYet;
  const auto first = static_cast<uint16_t>(slot * kDescriptorsPerSlot);
  const auto after_header = static_cast<uint16_t>(bytes != 0 ? first + 1 : first + 2);
  state.queue.descriptor(slot, 0) = {address_of(&header), sizeof header, kNext, after_header};
  const auto flags = static_cast<uint16_t>(kNext | (device_writes ? kDeviceWrites : 0));
  state.queue.descriptor(slot, 1) = {address, bytes, flags, static_cast<uint16_t>(first + 2)};
  state.queue.descriptor(slot, 2) = {address_of(&state.status[slot]), 1, kDeviceWrites, 0};
  state.queue.publish(slot);
  state.transport.notify();
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

Error open(Disk& disk) {
  auto& state = state_of<State>(disk);
  state.transport = Transport{};
  Error error = pci::take(disk.place, is_disk, state.taken);
  if (!error.failed()) {
    error = state.transport.open(disk.place);
  }
  if (error.failed()) {
    pci::give_back(disk.place, state.taken);
    state.taken.taken = false;
    return error;
  }
  if (!reset(disk, state.transport)) {
    return {Code::kTimeout, "reset", "no answer in time", state.transport.status()};
  }
  uint64_t features = 0;
  error = negotiate(state, features);
  if (!error.failed()) {
    error = read_config(disk, state, features);
  }
  if (!error.failed()) {
    error = start_queue(disk, state);
  }
  if (error.failed()) {
    return error;
  }
  state.transport.set_status(kAcknowledge | kDriver | kDriverOk |
                             (state.transport.legacy() ? 0 : kFeaturesOk));
  return read_serial(disk, state);
}

void start(Disk& disk, uint32_t slot) {
  auto& state = state_of<State>(disk);
  const Request& request = *disk.requests[slot];
  if (request.operation != Operation::kFlush) {
    const bool reading = request.operation == Operation::kRead;
    send(state, slot, reading ? kRead : kWrite, request.sector << (state.sector_shift - kUnitShift),
         request.address, bytes_of(disk, request), reading);
  } else if (state.can_flush) {
    send(state, slot, kFlush, 0, 0, 0, false);
  } else {
    finish(disk, slot);
  }
}

const char* name_of(Operation operation) {
  return operation == Operation::kRead ? "IN" : operation == Operation::kWrite ? "OUT" : "FLUSH";
}

Error error_of(const Request& request, uint8_t status) {
  if (status == kOk) {
    return {};
  }
  const char* reason = status == kIoError ? "I/O error" : "not supported by the device";
  return {Code::kDevice, name_of(request.operation), reason, status};
}

Error look(const Disk& disk, uint32_t slot) {
  return {Code::kNone, name_of(disk.requests[slot]->operation), "", state_of<State>(disk).transport.status()};
}

void poll(Disk& disk) {
  auto& state = state_of<State>(disk);
  uint32_t slot = 0;
  while (state.queue.take_used(slot)) {
    if (slot < kMaxDepth && (disk.running >> slot & 1) != 0) {
      finish(disk, slot, error_of(*disk.requests[slot], state.status[slot]));
    }
  }
}

void stop(Disk& disk) {
  (void)reset(disk, state_of<State>(disk).transport);
}

void close(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (state.taken.taken) {
    (void)reset(disk, state.transport);
    pci::give_back(disk.place, state.taken);
  }
}

}  // namespace
}  // namespace virtio

constinit const Driver kVirtio = {
    "virtio",     "",           "status",      "",           sizeof(virtio::State), true,
    virtio::find, virtio::open, virtio::start, virtio::poll, virtio::look,          virtio::stop,
    virtio::close};

}  // namespace kjump::disk
