// SPDX-License-Identifier: MIT
/// A split virtqueue (virtio 1.0, 2.4) that gives each slot three descriptors of its own: header, data,
/// status.
#pragma once

#include "disk/virtio/transport.hpp"

namespace kjump::disk::virtio {

inline constexpr uint32_t kMaxQueueSize = 256;
inline constexpr uint32_t kDescriptorsPerSlot = 3;

struct Descriptor {
  uint64_t address;
  uint32_t bytes;
  uint16_t flags;
  uint16_t next;
};
inline constexpr uint16_t kNext = 1;
inline constexpr uint16_t kDeviceWrites = 2;

struct UsedElement {
  uint32_t id;
  uint32_t bytes;
};

/// Descriptors and available ring on two pages, used ring on two: where a legacy device expects them for any
/// size up to kMaxQueueSize follows from the size, so `place()` finds the parts.
struct QueueMemory {
  alignas(4096) uint8_t bytes[3 * 4096];
};

class Queue {
 public:
  /// In zeroed memory.
  void set_up(QueueMemory& memory, uint16_t size);
  [[nodiscard]] QueueAddresses addresses() const;
  [[nodiscard]] Descriptor& descriptor(uint32_t slot, uint32_t part) const;

  /// Makes the chain of the slot available; the device is to be notified then.
  void publish(uint32_t slot);
  /// A slot whose chain the device has used; kMaxDepth or more: nonsense; false: none.
  [[nodiscard]] bool take_used(uint32_t& slot);

 private:
  Descriptor* descriptors_;
  volatile uint16_t* available_;  // flags, index, ring
  volatile uint16_t* used_;       // flags, index, then UsedElements
  uint16_t size_;
  uint16_t published_;
  uint16_t taken_;
};

}  // namespace kjump::disk::virtio
