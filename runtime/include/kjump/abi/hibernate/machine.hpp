// SPDX-License-Identifier: MIT
/// What an image needs of the machine that it is restored on: firmware's memory map, tables, processor.
#pragma once

#include <stdint.h>

#include <kjump/abi/hibernate/content.hpp>

namespace kjump::abi::hibernate {

/// Firmware's own map, as INT 15h AX=E820h and /sys/firmware/memmap give it, sorted by address.
struct FirmwareRange {
  uint64_t start;
  uint64_t end;
  uint32_t type;
  uint32_t reserved;
};

/// What must be the same where the image is restored. The payloads find it out themselves, but for the map.
struct Machine {
  uint32_t ranges;       ///< in `map`
  uint32_t tables;       ///< ACPI tables in tables_hash
  uint64_t rsdp;         ///< physical address of the ACPI root pointer; 0: none
  uint64_t tables_hash;  ///< of address and content of every ACPI table but the FACS
  uint32_t cpu_vendor[3];
  uint32_t cpu_signature;       ///< CPUID.1:EAX
  uint32_t cpu_features[8];     ///< CPUID.1:ECX EDX, 7.0:EBX ECX EDX, 80000001h:ECX EDX, 0Dh.1:EAX
  uint32_t hardware_signature;  ///< FACS
  uint32_t reserved;
  FirmwareRange map[kMostRanges];
};

}  // namespace kjump::abi::hibernate
