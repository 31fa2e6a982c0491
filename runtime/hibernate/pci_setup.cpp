// SPDX-License-Identifier: MIT
#include "hibernate/pci_setup.hpp"

#include "platform/pci_config.hpp"

namespace kjump::hibernate {

namespace {

// PCI 3.0 section 6.1, and for bridges PCI-to-PCI Bridge Architecture 1.2 section 3.2: dword numbers.
constexpr uint32_t kCommand = 1;
constexpr uint32_t kCacheLine = 3;
constexpr uint32_t kFirstAddress = 4;
constexpr uint32_t kEndAddressDevice = 10;
constexpr uint32_t kEndAddressBridge = 12;  // with bus numbers and windows, up to the I/O upper halves
constexpr uint32_t kRom = 12;
constexpr uint32_t kInterrupt = 15;
constexpr uint32_t kDecodeAndMaster = 7;

uint32_t address(const abi::hibernate::PciRecord& record, uint32_t dword) {
  return 1u << 31 | uint32_t{record.bus} << 16 | uint32_t{record.device} << 11 |
         uint32_t{record.function} << 8 | dword * 4;
}

void write_record(const platform::PciConfig& config, const abi::hibernate::PciRecord& record) {
  if (config.read32(address(record, 0)) != record.header[0]) {
    return;  // another device, or none: the driver will say so
  }
  const bool bridge = record.is_bridge != 0;
  // Nothing may decode while addresses change.
  config.write16(address(record, kCommand), 0);
  config.write32(address(record, kCacheLine), record.header[kCacheLine]);
  const uint32_t end = bridge ? kEndAddressBridge + 1 : kEndAddressDevice;
  for (uint32_t dword = kFirstAddress; dword < end; ++dword) {
    config.write32(address(record, dword), record.header[dword]);
  }
  if (!bridge) {
    config.write32(address(record, kRom), record.header[kRom]);
  }
  config.write32(address(record, kInterrupt), record.header[kInterrupt]);
  config.write16(address(record, kCommand),
                 static_cast<uint16_t>(record.header[kCommand] | (bridge ? kDecodeAndMaster : 0)));
}

}  // namespace

void write_pci_records(const abi::hibernate::PciRecord* records, uint32_t count) {
  const platform::PciConfig config;
  for (uint32_t i = 0; i < count && i < abi::hibernate::kMostPciRecords; ++i) {
    write_record(config, records[i]);
  }
}

}  // namespace kjump::hibernate
