// SPDX-License-Identifier: MIT
#include "disk/pci.hpp"

#include <kjump/payload.hpp>

#include "platform/pci_config.hpp"

namespace kjump::disk::pci {

namespace {

// PCI 3.0, 6.2.2 (command), 6.2.3 (status), 6.7 and 6.8 (capabilities).
constexpr uint16_t kPorts = 1u << 0;
constexpr uint16_t kMemory = 1u << 1;
constexpr uint16_t kBusMaster = 1u << 2;
constexpr uint16_t kInterruptOff = 1u << 10;
constexpr uint32_t kStatus = 0x06;
constexpr uint16_t kHasCapabilities = 1u << 4;
constexpr uint32_t kCapabilities = 0x34;
constexpr uint8_t kCapabilityMsi = 0x05;
constexpr uint8_t kCapabilityMsix = 0x11;
constexpr uint16_t kMsiEnable = 1u << 0;
constexpr uint16_t kMsixEnable = 1u << 15;
constexpr uint32_t kMessageControl = 2;
constexpr uint8_t kMultifunction = 0x80;
constexpr uint32_t kMostCapabilities = 48;  // those that fit: a list in a circle ends

constexpr uint32_t kBarPort = 1u << 0;
constexpr uint32_t kBar64 = 2u << 1;

uint32_t config(const Place& place, uint32_t offset) {
  return abi::config_address(place.device, place.function, offset) | uint32_t{place.bus} << 16;
}

uint16_t switch_off(const Place& place, uint8_t capability, uint16_t enable) {
  if (capability == 0) {
    return 0;
  }
  const uint16_t before = read16(place, capability + kMessageControl);
  write16(place, capability + kMessageControl, static_cast<uint16_t>(before & ~enable));
  return before;
}

bool is_present(const Place& place) {
  return read16(place, kId) != 0xFFFF;
}

}  // namespace

uint32_t read32(const Place& place, uint32_t offset) {
  return platform::PciConfig().read32(config(place, offset));
}
uint16_t read16(const Place& place, uint32_t offset) {
  return platform::PciConfig().read16(config(place, offset));
}
uint8_t read8(const Place& place, uint32_t offset) {
  return platform::PciConfig().read8(config(place, offset));
}
void write32(const Place& place, uint32_t offset, uint32_t value) {
  platform::PciConfig().write32(config(place, offset), value);
}
void write16(const Place& place, uint32_t offset, uint16_t value) {
  platform::PciConfig().write16(config(place, offset), value);
}

bool has_class(const Place& place, uint32_t class_code, bool any_interface) {
  const uint32_t found = read32(place, kClass) >> 8;
  return any_interface ? found >> 8 == class_code >> 8 : found == class_code;
}

// Every bus number is tried: that needs no knowledge of bridges, and takes some milliseconds.
bool find(Match match, uint32_t index, Place& place) {
  for (uint32_t bus = 0; bus < 256; ++bus) {
    for (uint32_t slot = 0; slot < 32 * 8; ++slot) {
      const Place here{static_cast<uint8_t>(bus), static_cast<uint8_t>(slot / 8),
                       static_cast<uint8_t>(slot % 8), kAnyUnit};
      if (!is_present(here)) {
        slot |= here.function == 0 ? 7 : 0;
        continue;
      }
      if (match(here) && index-- == 0) {
        place = here;
        return true;
      }
      if (here.function == 0 && (read8(here, kHeaderType) & kMultifunction) == 0) {
        slot |= 7;
      }
    }
  }
  return false;
}

uint8_t find_capability(const Place& place, uint8_t id, uint8_t after) {
  if ((read16(place, kStatus) & kHasCapabilities) == 0) {
    return 0;
  }
  uint8_t at = after == 0 ? read8(place, kCapabilities) : read8(place, after + 1u);
  for (uint32_t i = 0; i < kMostCapabilities && (at &= 0xFC) != 0; ++i) {
    if (read8(place, at) == id) {
      return at;
    }
    at = read8(place, at + 1u);
  }
  return 0;
}

Error take(const Place& place, Match match, Taken& taken) {
  if (!is_present(place)) {
    return {Code::kMissing, "open", "there is no PCI function"};
  }
  if (!match(place)) {
    return {Code::kMissing, "open", "the PCI function is no controller of this kind"};
  }
  taken.taken = true;
  taken.command = read16(place, kCommand);
  taken.msi = find_capability(place, kCapabilityMsi);
  taken.msix = find_capability(place, kCapabilityMsix);
  taken.msi_control = switch_off(place, taken.msi, kMsiEnable);
  taken.msix_control = switch_off(place, taken.msix, kMsixEnable);
  write16(place, kCommand,
          static_cast<uint16_t>(taken.command | kPorts | kMemory | kBusMaster | kInterruptOff));
  return {};
}

void give_back(const Place& place, const Taken& taken) {
  if (!taken.taken) {
    return;
  }
  write16(place, kCommand, taken.command);
  if (taken.msi != 0) {
    write16(place, taken.msi + kMessageControl, taken.msi_control);
  }
  if (taken.msix != 0) {
    write16(place, taken.msix + kMessageControl, taken.msix_control);
  }
}

Bar read_bar(const Place& place, uint32_t number) {
  Bar bar;
  const uint32_t offset = kBar0 + 4 * number;
  const uint32_t value = number < 6 ? read32(place, offset) : 0;
  bar.is_port = (value & kBarPort) != 0;
  bar.address = bar.is_port ? value & ~3u : value & ~15u;
  if (!bar.is_port && (value & kBar64) != 0 && number < 5) {
    bar.address |= uint64_t{read32(place, offset + 4)} << 32;
  }
  if (bar.address == 0) {
    bar.error = {Code::kUnreachable, "open", "the controller's registers have no address"};
  } else if (static_cast<uintptr_t>(bar.address) != bar.address) {
    bar.error = {Code::kUnreachable, "open", "the controller's registers are above 4 GiB"};
  }
  return bar;
}

#if KJUMP_MODE_LONG
Error map(uint64_t address, uint32_t bytes) {
  return map_device(address, bytes) ? Error{}
                                    : Error{Code::kUnreachable, "open", "too many devices are mapped"};
}
#else
Error map(uint64_t, uint32_t) {
  return {};
}
#endif

}  // namespace kjump::disk::pci
