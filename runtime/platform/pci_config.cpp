// SPDX-License-Identifier: MIT
#include "platform/pci_config.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

constexpr uint16_t kAddress = 0xCF8;
constexpr uint16_t kData = 0xCFC;

void select(uint32_t address) {
  io::write32(kAddress, address & ~3u);
}

uint16_t data_port(uint32_t address) {
  return static_cast<uint16_t>(kData + address % 4);
}

}  // namespace

PciConfig::PciConfig() : address_before_(io::read32(kAddress)) {}

PciConfig::~PciConfig() {
  io::write32(kAddress, address_before_);
}

uint32_t PciConfig::read32(uint32_t address) const {
  select(address);
  return io::read32(kData);
}

uint8_t PciConfig::read8(uint32_t address) const {
  select(address);
  return io::read8(data_port(address));
}

void PciConfig::write32(uint32_t address, uint32_t value) const {
  select(address);
  io::write32(kData, value);
}

void PciConfig::write8(uint32_t address, uint8_t value) const {
  select(address);
  io::write8(data_port(address), value);
}

void write_config(const abi::LoaderParameters& parameters) {
  const PciConfig config;
  for (const abi::ConfigWrite& write : parameters.config_writes) {
    if (write.address != 0) {
      config.write32(write.address, write.value);
    }
  }
}

}  // namespace kjump::platform
