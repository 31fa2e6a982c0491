// SPDX-License-Identifier: MIT
#include "platform/shadow_ram.hpp"

#include <stdint.h>

#include "platform/pci_config.hpp"

namespace kjump::platform {

namespace {

// The host bridge.
constexpr uint32_t kIdentity = abi::config_address(0, 0, 0x00);  // vendor, device
constexpr uint32_t kSubsystem = abi::config_address(0, 0, 0x2C);

// Only QEMU's: other firmware may have its reasons.
constexpr uint32_t kQemuSubsystem = 0x11001AF4;

// Where PAM5 is, which with PAM6 stands for E0000-EFFFF (Intel 82441FX data sheet 3.2.17; Intel Q35 data
// sheet, D0:F0 offsets 90h-96h).
constexpr uint32_t kI440fx = 0x12378086;
constexpr uint32_t kI440fxPam5 = abi::config_address(0, 0, 0x5E);
constexpr uint32_t kQ35 = 0x29C08086;
constexpr uint32_t kQ35Pam5 = abi::config_address(0, 0, 0x95);
constexpr uint32_t kPamRegisters = 2;

// Each nibble is 16 KiB; in it bit 0 lets reads go to RAM, bit 1 writes.
constexpr uint8_t kReadable = 0x11;

/// 0 for a bridge that is none of QEMU's.
uint32_t pam5_of(const PciConfig& config) {
  const uint32_t identity = config.read32(kIdentity);
  if (config.read32(kSubsystem) != kQemuSubsystem) {
    return 0;
  }
  return identity == kI440fx ? kI440fxPam5 : identity == kQ35 ? kQ35Pam5 : 0;
}

}  // namespace

bool unlock_shadow_ram() {
  const PciConfig config;
  const uint32_t pam5 = pam5_of(config);
  bool was_locked = false;
  for (uint32_t pam = pam5; pam5 != 0 && pam < pam5 + kPamRegisters; ++pam) {
    const uint8_t before = config.read8(pam);
    const auto open = static_cast<uint8_t>(before | (before & kReadable) << 1);
    if (open != before) {
      config.write8(pam, open);
      was_locked = true;
    }
  }
  return was_locked;
}

}  // namespace kjump::platform
