// SPDX-License-Identifier: MIT
#include "hibernate/machine.hpp"

#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/payload.hpp>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {

namespace {

using format::RestoreStatus;

struct Leaf {
  uint32_t eax, ebx, ecx, edx;
};

Leaf cpuid(uint32_t leaf, uint32_t subleaf) {
  Leaf out{leaf, 0, subleaf, 0};
  asm volatile("cpuid" : "+a"(out.eax), "=b"(out.ebx), "+c"(out.ecx), "=d"(out.edx));
  return out;
}

// SDM volume 2, CPUID. Bits that tell the operating system's own settings or which processor this is are
// left out: OSXSAVE and the APIC number.
void describe_processor(format::Machine& machine) {
  constexpr uint32_t kOsXsave = 1u << 27;
  constexpr uint32_t kOsPke = 1u << 4;
  const Leaf vendor = cpuid(0, 0);
  machine.cpu_vendor[0] = vendor.ebx;
  machine.cpu_vendor[1] = vendor.edx;
  machine.cpu_vendor[2] = vendor.ecx;
  const Leaf basic = cpuid(1, 0);
  machine.cpu_signature = basic.eax;
  machine.cpu_features[0] = basic.ecx & ~kOsXsave;
  machine.cpu_features[1] = basic.edx;
  if (vendor.eax >= 7) {
    const Leaf more = cpuid(7, 0);
    machine.cpu_features[2] = more.ebx;
    machine.cpu_features[3] = more.ecx & ~kOsPke;
    machine.cpu_features[4] = more.edx;
  }
  const Leaf extended = cpuid(0x80000001, 0);
  machine.cpu_features[5] = extended.ecx;
  machine.cpu_features[6] = extended.edx;
  if (vendor.eax >= 0xD) {
    machine.cpu_features[7] = cpuid(0xD, 1).eax;
  }
}

Failure mismatch(RestoreStatus status, const char* what) {
  return failure(status, what);
}

Failure compare_maps(const format::Machine& saved, const format::Machine& here) {
  if (saved.ranges != here.ranges) {
    Failure made = mismatch(RestoreStatus::kMemoryMap, "the firmware's memory map has ");
    made.why.add_number(here.ranges).add(" entries, it had ").add_number(saved.ranges);
    return made;
  }
  for (uint32_t i = 0; i < saved.ranges; ++i) {
    const format::FirmwareRange& was = saved.map[i];
    const format::FirmwareRange& is = here.map[i];
    if (was.start != is.start || was.end != is.end || was.type != is.type) {
      Failure made = mismatch(RestoreStatus::kMemoryMap, "the firmware's memory map differs: ");
      made.why.add_hex(is.start).add("-").add_hex(is.end).add(" type ").add_number(is.type);
      made.why.add(", it was ")
          .add_hex(was.start)
          .add("-")
          .add_hex(was.end)
          .add(" type ")
          .add_number(was.type);
      return made;
    }
  }
  return {};
}

Failure compare_processors(const format::Machine& saved, const format::Machine& here) {
  for (uint32_t i = 0; i < 3; ++i) {
    if (saved.cpu_vendor[i] != here.cpu_vendor[i]) {
      return mismatch(RestoreStatus::kProcessor, "the processor is of another vendor");
    }
  }
  for (uint32_t i = 0; i < 8; ++i) {
    const uint32_t missing = saved.cpu_features[i] & ~here.cpu_features[i];
    if (missing != 0) {
      Failure made = mismatch(RestoreStatus::kProcessor, "the processor lacks features that it had: word ");
      made.why.add_number(i).add(", bits ").add_hex(missing);
      return made;
    }
  }
  return {};
}

}  // namespace

void describe_tables(format::Machine& machine);  // acpi_tables.cpp

void describe_machine(format::Machine& machine) {
  describe_processor(machine);
  describe_tables(machine);
}

bool ask_bios_for_map(format::Machine& machine) {
  constexpr uint32_t kSignature = 0x534D4150;  // "SMAP"
  struct Entry {
    uint64_t start, bytes;
    uint32_t type;
  };
  static Entry entry;  // below 1 MiB, as all of an image
  const auto address = reinterpret_cast<uint64_t>(&entry);
  machine.ranges = 0;
  uint32_t continuation = 0;
  do {
    abi::FirmwareCall call;
    call.vector = 0x15;
    call.registers.eax = 0xE820;
    call.registers.ebx = continuation;
    call.registers.ecx = 20;
    call.registers.edx = kSignature;
    call.registers.es = static_cast<uint16_t>(address >> 4);
    call.registers.edi = address & 0xF;
    call.registers.eflags = abi::kFlagsCarry;
    bios::call(call);
    if ((call.registers.eflags & abi::kFlagsCarry) != 0 || call.registers.eax != kSignature) {
      break;
    }
    continuation = call.registers.ebx;
    if (entry.bytes != 0 && machine.ranges < format::kMostRanges) {
      machine.map[machine.ranges++] = {entry.start, entry.start + entry.bytes, entry.type, 0};
    }
  } while (continuation != 0);
  return machine.ranges != 0;
}

Failure compare_machines(const format::Machine& saved, const format::Machine& here) {
  if (const Failure maps = compare_maps(saved, here); maps.failed()) {
    return maps;
  }
  if (saved.rsdp != here.rsdp || saved.tables != here.tables || saved.tables_hash != here.tables_hash) {
    Failure made = mismatch(RestoreStatus::kAcpi, "the ACPI tables differ: ");
    made.why.add_number(here.tables).add(" tables, root at ").add_hex(here.rsdp).add("; there were ");
    made.why.add_number(saved.tables).add(", root at ").add_hex(saved.rsdp);
    return made;
  }
  if (saved.hardware_signature != here.hardware_signature) {
    return mismatch(RestoreStatus::kAcpi, "the firmware says that the hardware has changed (FACS signature)");
  }
  return compare_processors(saved, here);
}

}  // namespace kjump::hibernate
