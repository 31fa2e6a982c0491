// SPDX-License-Identifier: MIT
// virtio-blk (virtio 1.0, 5.2).
#include "disk/virtio/state.hpp"

namespace kjump::disk {

namespace virtio {
namespace {

constexpr uint16_t kVendor = 0x1AF4;
constexpr uint16_t kTransitionalBlock = 0x1001;
constexpr uint16_t kModernBlock = 0x1042;

bool is_disk(const Place& place) {
  const uint32_t id = pci::read32(place, pci::kId);
  return (id & 0xFFFF) == kVendor && (id >> 16 == kTransitionalBlock || id >> 16 == kModernBlock);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_disk, index, place);
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
  return bring_up(disk, state);
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

}  // namespace virtio

constinit const Driver kVirtio = {
    "virtio",     "",           "status",      "",           sizeof(virtio::State), true,
    virtio::find, virtio::open, virtio::start, virtio::poll, virtio::look,          virtio::stop,
    virtio::close};

}  // namespace kjump::disk
