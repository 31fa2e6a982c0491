// SPDX-License-Identifier: MIT
#include "platform/pci_config.hpp"

namespace kjump::platform {

void write_config(const abi::LoaderParameters& parameters) {
  const PciConfig config;
  for (const abi::ConfigWrite& write : parameters.config_writes) {
    if (write.address != 0) {
      config.write32(write.address, write.value);
    }
  }
}

}  // namespace kjump::platform
