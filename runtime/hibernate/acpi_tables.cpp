// SPDX-License-Identifier: MIT
// ACPI tables, found as an operating system finds them on a machine with a BIOS (ACPI 6.4, 5.2.5 to 5.2.9).
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/payload.hpp>

#include "hibernate/hash.hpp"
#include "hibernate/machine.hpp"

namespace kjump::hibernate {

namespace {

constexpr uint32_t kBiosDataEbda = 0x40E;
constexpr uint64_t kRomStart = 0xE0000;
constexpr uint64_t kRomEnd = 0x100000;
constexpr uint32_t kHeaderBytes = 36;
constexpr uint32_t kMostBytes = 1u << 20;
constexpr uint64_t kLargePage = uint64_t{2} << 20;

template <typename T>
T at(uint64_t address) {
  T value;
  copy_from_physical(&value, address, sizeof value);
  return value;
}

uint8_t sum(uint64_t address, uint32_t bytes) {
  uint8_t total = 0;
  for (uint32_t i = 0; i < bytes; ++i) {
    total = static_cast<uint8_t>(total + at<uint8_t>(address + i));
  }
  return total;
}

uint64_t search(uint64_t start, uint64_t end) {
  constexpr uint64_t kSignature = 0x2052545020445352;  // "RSD PTR "
  for (uint64_t address = start; address < end; address += 16) {
    if (at<uint64_t>(address) == kSignature && sum(address, 20) == 0) {
      return address;
    }
  }
  return 0;
}

uint64_t find_root() {
  const uint64_t ebda = uint64_t{at<uint16_t>(kBiosDataEbda)} << 4;
  if (ebda >= 0x80000 && ebda < abi::kConventionalEnd) {
    if (const uint64_t found = search(ebda, ebda + 1024); found != 0) {
      return found;
    }
  }
  return search(kRomStart, kRomEnd);
}

// Firmware may keep its tables in memory that is not listed as RAM.
bool reach(uint64_t address, uint64_t bytes) {
  const uint64_t start = address & ~(kLargePage - 1);
  const uint64_t end = (address + bytes + kLargePage - 1) & ~(kLargePage - 1);
  return address != 0 && map_device(start, end - start);
}

/// Adds a table to the hash: where it is and what it says. Its length; 0: none that could be read.
uint32_t add_table(Hash& hash, format::Machine& machine, uint64_t address) {
  if (!reach(address, kHeaderBytes)) {
    return 0;
  }
  const auto bytes = at<uint32_t>(address + 4);
  if (bytes < kHeaderBytes || bytes > kMostBytes || !reach(address, bytes)) {
    return 0;
  }
  hash.add(&address, sizeof address);
  hash.add(physical(address), bytes);
  ++machine.tables;
  return bytes;
}

void add_fadt(Hash& hash, format::Machine& machine, uint64_t address, uint32_t bytes) {
  constexpr uint32_t kFacs = 36;
  constexpr uint32_t kDsdt = 40;
  constexpr uint32_t kHardwareSignature = 8;  // in the FACS, which changes otherwise
  if (bytes < kDsdt + 4) {
    return;
  }
  (void)add_table(hash, machine, at<uint32_t>(address + kDsdt));
  const uint64_t facs = at<uint32_t>(address + kFacs);
  if (facs != 0 && reach(facs, 64)) {
    machine.hardware_signature = at<uint32_t>(facs + kHardwareSignature);
  }
}

}  // namespace

void describe_tables(format::Machine& machine) {
  constexpr uint32_t kFadt = 0x50434146;  // "FACP"
  machine.tables = 0;
  machine.rsdp = find_root();
  Hash hash;
  if (machine.rsdp != 0) {
    const bool extended = at<uint8_t>(machine.rsdp + 15) >= 2 && at<uint64_t>(machine.rsdp + 24) != 0;
    const uint64_t root = extended ? at<uint64_t>(machine.rsdp + 24) : at<uint32_t>(machine.rsdp + 16);
    const uint32_t bytes = add_table(hash, machine, root);
    const uint32_t step = extended ? 8 : 4;
    for (uint32_t offset = kHeaderBytes; offset + step <= bytes; offset += step) {
      const uint64_t table = extended ? at<uint64_t>(root + offset) : at<uint32_t>(root + offset);
      const uint32_t length = add_table(hash, machine, table);
      if (length != 0 && at<uint32_t>(table) == kFadt) {
        add_fadt(hash, machine, table, length);
      }
    }
  }
  machine.tables_hash = hash.value();
}

}  // namespace kjump::hibernate
