// SPDX-License-Identifier: MIT
#include "disk/virtio/queue.hpp"

namespace kjump::disk::virtio {

namespace {

constexpr uint32_t kPage = 4096;
constexpr uint16_t kNoInterrupt = 1;
constexpr uint32_t kRing = 2;  // index of the ring behind flags and index

// Virtio 1.0, 2.4.2: descriptors, available ring with its event field, then the used ring on a page of its
// own.
constexpr size_t used_offset(size_t size) {
  return (size * sizeof(Descriptor) + 2 * (kRing + 1 + size) + kPage - 1) / kPage * kPage;
}
constexpr size_t used_bytes(size_t size) {
  return size * sizeof(UsedElement) + 2 * (kRing + 1);
}
static_assert(used_offset(kMaxQueueSize) + used_bytes(kMaxQueueSize) <= sizeof(QueueMemory));

}  // namespace

void Queue::set_up(QueueMemory& memory, uint16_t size) {
  size_ = size;
  published_ = 0;
  taken_ = 0;
  descriptors_ = reinterpret_cast<Descriptor*>(memory.bytes);
  available_ = reinterpret_cast<volatile uint16_t*>(memory.bytes + size * sizeof(Descriptor));
  used_ = reinterpret_cast<volatile uint16_t*>(memory.bytes + used_offset(size));
  available_[0] = kNoInterrupt;
}

QueueAddresses Queue::addresses() const {
  return {address_of(descriptors_), address_of(available_), address_of(used_)};
}

Descriptor& Queue::descriptor(uint32_t slot, uint32_t part) const {
  return descriptors_[slot * kDescriptorsPerSlot + part];
}

void Queue::publish(uint32_t slot) {
  available_[kRing + published_ % size_] = static_cast<uint16_t>(slot * kDescriptorsPerSlot);
  order_memory();
  available_[1] = ++published_;
  order_memory();
}

bool Queue::take_used(uint32_t& slot) {
  if (used_[1] == taken_) {
    return false;
  }
  order_memory();
  const auto* ring = reinterpret_cast<const volatile UsedElement*>(used_ + kRing);
  slot = ring[taken_ % size_].id / kDescriptorsPerSlot;
  ++taken_;
  return true;
}

}  // namespace kjump::disk::virtio
