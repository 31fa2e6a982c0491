// SPDX-License-Identifier: MIT
/// PCI configuration space by mechanism 1, ports CF8h and CFCh (PCI 3.0 section 3.2.2.3.2).
#pragma once

#include <kjump/abi/image.hpp>

namespace kjump::platform {

/// Access for as long as an object lives. The address register is left as it was: Linux may have been
/// interrupted between writing it and using it. Addresses are as that register wants them, see
/// abi::config_address().
class PciConfig {
 public:
  PciConfig();
  PciConfig(const PciConfig&) = delete;
  PciConfig& operator=(const PciConfig&) = delete;
  ~PciConfig();

  [[nodiscard]] uint32_t read32(uint32_t address) const;
  [[nodiscard]] uint8_t read8(uint32_t address) const;
  void write32(uint32_t address, uint32_t value) const;
  void write8(uint32_t address, uint8_t value) const;

 private:
  uint32_t address_before_;
};

/// Makes the writes that the loader asked for: what firmware should have set up again when it woke the
/// machine.
void write_config(const abi::LoaderParameters& parameters);

}  // namespace kjump::platform
