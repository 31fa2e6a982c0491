// SPDX-License-Identifier: MIT
#include "hibernate/request.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "hibernate/pci_records.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::RestoreRequest;
using abi::hibernate::SaveRequest;

Result<void> fill_with_random(const System& system, std::span<std::uint8_t> bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    KJUMP_TRY(const std::uint64_t value, system.random());
    std::memcpy(bytes.data() + at, &value, std::min(sizeof(value), bytes.size() - at));
  }
  return {};
}

// The lists were bounded where they were made.
template <typename Entry, std::size_t kRoom>
std::uint32_t copy_list(const std::vector<Entry>& from, Entry (&to)[kRoom]) {
  const std::size_t count = std::min(from.size(), kRoom);
  std::copy_n(from.begin(), count, std::begin(to));
  return static_cast<std::uint32_t>(count);
}

}  // namespace

Result<MachineKnowledge> know_machine(const System& system, const Store& store) {
  MachineKnowledge machine;
  KJUMP_TRY(machine.kernel, read_kernel_knowledge(system));
  KJUMP_TRY(machine.memory, read_memory(system));
  machine.acpi = read_acpi(system);
  KJUMP_TRY(machine.disk, find_disk(system, store.disk()));
  KJUMP_TRY(machine.file_systems, find_fingerprints(system, store.disk(), store.extents()));
  // The payload reads the fingerprints from their own disks.
  std::vector<std::string> functions = machine.disk.pci;
  for (const std::string& function : machine.file_systems.pci) {
    if (std::find(functions.begin(), functions.end(), function) == functions.end()) {
      functions.push_back(function);
    }
  }
  KJUMP_TRY(machine.pci, read_pci_records(system, functions));
  return machine;
}

Result<SaveRequest> make_save_request(const System& system, const MachineKnowledge& machine,
                                      const Store& store, const Canary& canary, const SaveOptions& options) {
  SaveRequest request{};
  request.magic = abi::hibernate::kSaveMagic;
  request.version = abi::hibernate::kFormatVersion;
  request.flags = options.flags;
  request.after = static_cast<std::uint32_t>(options.after);
  request.disk_timeout_ms = options.disk_timeout_ms;
  request.disk = machine.disk.address;
  request.store = store.header().uuid;
  request.header_sector = store.header().header_sector;
  request.now = system.wall_seconds();
  std::copy(canary.begin(), canary.end(), std::begin(request.canary));
  KJUMP_CHECK(fill_with_random(system, request.entropy));
  machine.kernel.release.copy(request.kernel, sizeof(request.kernel) - 1);
  request.vmcoreinfo = machine.kernel.note;
  request.vmcoreinfo_bytes = machine.kernel.note_bytes;
  request.kernel_offset = machine.kernel.kernel_offset;
  request.facts = machine.kernel.facts;
  request.acpi = machine.acpi.facts;
  request.range_count = copy_list(machine.memory.ranges, request.ranges);
  request.map_count = copy_list(machine.memory.map, request.map);
  request.pci_count = copy_list(machine.pci, request.pci);
  request.fingerprint_count = copy_list(machine.file_systems.fingerprints, request.fingerprints);
  return request;
}

Result<RestoreRequest> make_restore_request(const System& system, const Store& store,
                                            const RestoreOptions& options) {
  KJUMP_TRY(const std::vector<abi::hibernate::FirmwareRange> map, read_firmware_map(system));
  KJUMP_TRY(const DiskWay disk, find_disk(system, store.disk()));
  RestoreRequest request{};
  request.magic = abi::hibernate::kRestoreMagic;
  request.version = abi::hibernate::kFormatVersion;
  request.flags = options.flags | abi::hibernate::kRestoreHasMap;
  request.disk = disk.address;
  request.header_sector = store.header().header_sector;
  request.store = store.header().uuid;
  request.generation = options.generation;
  request.disk_timeout_ms = options.disk_timeout_ms;
  request.map_count = copy_list(map, request.map);
  // Which disks the saved machine had mounted only the image knows.
  KJUMP_TRY(const auto pci, read_pci_records(system, functions_of_all_disks(system, disk)));
  request.pci_count = copy_list(pci, request.pci);
  return request;
}

}  // namespace kjump::hibernate
