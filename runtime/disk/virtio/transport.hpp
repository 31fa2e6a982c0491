// SPDX-License-Identifier: MIT
/// The registers of a virtio PCI device, either as of virtio 1.0 (4.1.4: structures in memory, found by
/// capabilities) or legacy (4.1.4.8: one block of ports).
#pragma once

#include "disk/pci.hpp"
#include "disk/registers.hpp"

namespace kjump::disk::virtio {

// Virtio 1.0, 2.1.
inline constexpr uint8_t kAcknowledge = 1;
inline constexpr uint8_t kDriver = 2;
inline constexpr uint8_t kDriverOk = 4;
inline constexpr uint8_t kFeaturesOk = 8;

/// Addresses of the three parts of a queue.
struct QueueAddresses {
  uint64_t descriptors;
  uint64_t available;
  uint64_t used;
};

class Transport {
 public:
  /// Modern where the device can, else legacy.
  [[nodiscard]] Error open(const Place& place);

  [[nodiscard]] bool legacy() const { return port_ != 0; }
  [[nodiscard]] uint8_t status() const;
  void set_status(uint8_t status) const;
  [[nodiscard]] uint64_t device_features() const;
  void set_driver_features(uint64_t features) const;

  /// Selects queue 0; its most entries, 0 if there is no such queue.
  [[nodiscard]] uint16_t queue_size() const;
  /// Starts queue 0. A legacy device wants its full size, and its parts where 2.4.2 has them.
  void start_queue(uint16_t size, const QueueAddresses& addresses);
  void notify() const;

  [[nodiscard]] uint32_t config32(uint32_t offset) const;
  [[nodiscard]] uint8_t config8(uint32_t offset) const;

 private:
  [[nodiscard]] Error open_modern(const Place& place);
  [[nodiscard]] Error map(const Place& place, uint8_t capability, Registers& registers) const;

  uint16_t port_ = 0;
  Registers common_, device_, notify_;
  uint32_t notify_multiplier_ = 0;
  uint32_t notify_offset_ = 0;
};

}  // namespace kjump::disk::virtio
