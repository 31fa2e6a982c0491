// SPDX-License-Identifier: MIT
/// What the two halves of the virtio-blk driver share: bring-up (bring_up.cpp) and requests (virtio_blk.cpp).
#pragma once

#include "disk/driver.hpp"
#include "disk/virtio/queue.hpp"

namespace kjump::disk::virtio {

// 5.2.6: a request.
inline constexpr uint32_t kRead = 0;
inline constexpr uint32_t kWrite = 1;
inline constexpr uint32_t kFlush = 4;
inline constexpr uint32_t kGetId = 8;
inline constexpr uint32_t kIdBytes = 20;
inline constexpr uint8_t kOk = 0;
inline constexpr uint8_t kIoError = 1;
inline constexpr uint8_t kNotYet = 0xFF;

inline constexpr uint32_t kUnitShift = 9;  // capacity and sector numbers are in units of 512 bytes, always

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

/// Status 0, and waits for it. False: the device does not answer.
bool reset(const Disk& disk, const Transport& transport);
/// From reset to a queue that runs, and Disk::info.
[[nodiscard]] Error bring_up(Disk& disk, State& state);
/// Hands a request to the device; without `bytes` it has no data.
void send(State& state, uint32_t slot, uint32_t type, uint64_t sector, uint64_t address, uint32_t bytes,
          bool device_writes);

}  // namespace kjump::disk::virtio
