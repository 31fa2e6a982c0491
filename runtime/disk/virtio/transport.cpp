// SPDX-License-Identifier: MIT
#include "disk/virtio/transport.hpp"

#include "support/io_port.hpp"

namespace kjump::disk::virtio {

namespace {

// Virtio 1.0, 4.1.4: a capability's own layout.
constexpr uint32_t kType = 3;
constexpr uint32_t kBar = 4;
constexpr uint32_t kOffset = 8;
constexpr uint32_t kLength = 12;
constexpr uint32_t kMultiplier = 16;
constexpr uint8_t kTypeCommon = 1;
constexpr uint8_t kTypeNotify = 2;
constexpr uint8_t kTypeDevice = 4;

// 4.1.4.3: the common structure.
constexpr uint32_t kDeviceFeatureSelect = 0;
constexpr uint32_t kDeviceFeature = 4;
constexpr uint32_t kDriverFeatureSelect = 8;
constexpr uint32_t kDriverFeature = 12;
constexpr uint32_t kDeviceStatus = 20;
constexpr uint32_t kQueueSelect = 22;
constexpr uint32_t kQueueSize = 24;
constexpr uint32_t kQueueEnable = 28;
constexpr uint32_t kQueueNotifyOffset = 30;
constexpr uint32_t kQueueDescriptors = 32;
constexpr uint32_t kQueueAvailable = 40;
constexpr uint32_t kQueueUsed = 48;

// 4.1.4.8: legacy ports. The device's own configuration follows at 20 as long as MSI-X is off, and it is.
constexpr uint16_t kPortDeviceFeatures = 0;
constexpr uint16_t kPortDriverFeatures = 4;
constexpr uint16_t kPortQueueAddress = 8;
constexpr uint16_t kPortQueueSize = 12;
constexpr uint16_t kPortQueueSelect = 14;
constexpr uint16_t kPortNotify = 16;
constexpr uint16_t kPortStatus = 18;
constexpr uint16_t kPortConfig = 20;

uint16_t port(uint16_t base, uint32_t offset) {
  return static_cast<uint16_t>(base + offset);
}

}  // namespace

Error Transport::map(const Place& place, uint8_t capability, Registers& registers) const {
  const pci::Bar bar = pci::read_bar(place, pci::read8(place, capability + kBar));
  if (bar.error.failed()) {
    return bar.error;
  }
  if (bar.is_port) {
    return {Code::kUnsupported, "open", "a virtio structure lies in ports"};
  }
  const uint64_t address = bar.address + pci::read32(place, capability + kOffset);
  registers = Registers(address);
  return pci::map(address, pci::read32(place, capability + kLength));
}

Error Transport::open_modern(const Place& place) {
  uint32_t found = 0;
  for (uint8_t at = pci::find_capability(place, pci::kCapabilityVendor); at != 0;
       at = pci::find_capability(place, pci::kCapabilityVendor, at)) {
    const uint8_t type = pci::read8(place, at + kType);
    Registers* registers = type == kTypeCommon   ? &common_
                           : type == kTypeNotify ? &notify_
                           : type == kTypeDevice ? &device_
                                                 : nullptr;
    // Of several capabilities of a type the first is the device's favourite.
    if (registers == nullptr || (found >> type & 1) != 0) {
      continue;
    }
    if (const Error error = map(place, at, *registers); error.failed()) {
      return error;
    }
    found |= 1u << type;
    if (type == kTypeNotify) {
      notify_multiplier_ = pci::read32(place, at + kMultiplier);
    }
  }
  if (found != (1u << kTypeCommon | 1u << kTypeNotify | 1u << kTypeDevice)) {
    return {Code::kUnsupported, "open", "no virtio 1.0 registers"};
  }
  return {};
}

Error Transport::open(const Place& place) {
  const Error modern = open_modern(place);
  if (!modern.failed()) {
    return {};
  }
  const pci::Bar bar = pci::read_bar(place, 0);
  if (bar.error.failed() || !bar.is_port) {
    return modern;
  }
  port_ = static_cast<uint16_t>(bar.address);
  return {};
}

uint8_t Transport::status() const {
  return legacy() ? io::read8(port(port_, kPortStatus)) : common_.read8(kDeviceStatus);
}

void Transport::set_status(uint8_t status) const {
  legacy() ? io::write8(port(port_, kPortStatus), status) : common_.write8(kDeviceStatus, status);
}

uint64_t Transport::device_features() const {
  if (legacy()) {
    return io::read32(port(port_, kPortDeviceFeatures));
  }
  common_.write32(kDeviceFeatureSelect, 0);
  const uint32_t first = common_.read32(kDeviceFeature);
  common_.write32(kDeviceFeatureSelect, 1);
  return uint64_t{common_.read32(kDeviceFeature)} << 32 | first;
}

void Transport::set_driver_features(uint64_t features) const {
  if (legacy()) {
    io::write32(port(port_, kPortDriverFeatures), low(features));
    return;
  }
  common_.write32(kDriverFeatureSelect, 0);
  common_.write32(kDriverFeature, low(features));
  common_.write32(kDriverFeatureSelect, 1);
  common_.write32(kDriverFeature, high(features));
}

uint16_t Transport::queue_size() const {
  if (legacy()) {
    io::write16(port(port_, kPortQueueSelect), 0);
    return io::read16(port(port_, kPortQueueSize));
  }
  common_.write16(kQueueSelect, 0);
  return common_.read16(kQueueSize);
}

void Transport::start_queue(uint16_t size, const QueueAddresses& addresses) {
  if (legacy()) {
    io::write32(port(port_, kPortQueueAddress), low(addresses.descriptors) >> 12);
    return;
  }
  common_.write16(kQueueSize, size);
  common_.write64(kQueueDescriptors, addresses.descriptors);
  common_.write64(kQueueAvailable, addresses.available);
  common_.write64(kQueueUsed, addresses.used);
  notify_offset_ = common_.read16(kQueueNotifyOffset) * notify_multiplier_;
  common_.write16(kQueueEnable, 1);
}

void Transport::notify() const {
  legacy() ? io::write16(port(port_, kPortNotify), 0) : notify_.write16(notify_offset_, 0);
}

uint32_t Transport::config32(uint32_t offset) const {
  return legacy() ? io::read32(port(port_, kPortConfig + offset)) : device_.read32(offset);
}

uint8_t Transport::config8(uint32_t offset) const {
  return legacy() ? io::read8(port(port_, kPortConfig + offset)) : device_.read8(offset);
}

}  // namespace kjump::disk::virtio
