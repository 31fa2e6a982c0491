// SPDX-License-Identifier: MIT
/// PCI configuration space by mechanism 1, ports CF8h and CFCh (PCI 3.0 section 3.2.2.3.2).
#pragma once

#include <kjump/abi/image.hpp>

#include "support/io_port.hpp"

namespace kjump::platform {

/// Access for as long as an object lives. The address register is left as it was: Linux may have been
/// interrupted between writing it and using it. Addresses are as that register wants them, see
/// abi::config_address().
class PciConfig {
 public:
  PciConfig() : address_before_(io::read32(kAddress)) {}
  PciConfig(const PciConfig&) = delete;
  PciConfig& operator=(const PciConfig&) = delete;
  ~PciConfig() { io::write32(kAddress, address_before_); }

  [[nodiscard]] uint32_t read32(uint32_t address) const {
    select(address);
    return io::read32(kData);
  }
  [[nodiscard]] uint16_t read16(uint32_t address) const {
    select(address);
    return io::read16(data_port(address));
  }
  [[nodiscard]] uint8_t read8(uint32_t address) const {
    select(address);
    return io::read8(data_port(address));
  }
  void write32(uint32_t address, uint32_t value) const {
    select(address);
    io::write32(kData, value);
  }
  void write16(uint32_t address, uint16_t value) const {
    select(address);
    io::write16(data_port(address), value);
  }
  void write8(uint32_t address, uint8_t value) const {
    select(address);
    io::write8(data_port(address), value);
  }

 private:
  static constexpr uint16_t kAddress = 0xCF8;
  static constexpr uint16_t kData = 0xCFC;

  static void select(uint32_t address) { io::write32(kAddress, address & ~3u); }
  static uint16_t data_port(uint32_t address) { return static_cast<uint16_t>(kData + address % 4); }

  uint32_t address_before_;
};

/// Makes the writes that the loader asked for: what firmware should have set up again when it woke the
/// machine.
void write_config(const abi::LoaderParameters& parameters);

}  // namespace kjump::platform
