// SPDX-License-Identifier: MIT
/// What the payloads are told, put together from all that Linux knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/result.hpp>

#include "hibernate/acpi_facts.hpp"
#include "hibernate/disk_address.hpp"
#include "hibernate/fingerprints.hpp"
#include "hibernate/kernel_facts.hpp"
#include "hibernate/memory.hpp"
#include "hibernate/store.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

/// All of it about this machine, now.
struct MachineKnowledge {
  KernelKnowledge kernel;
  MemoryKnowledge memory;
  AcpiKnowledge acpi;
  DiskWay disk;  ///< the store's
  std::vector<abi::hibernate::PciRecord> pci;
  FingerprintKnowledge file_systems;
};

/// The first thing that is missing is the error.
[[nodiscard]] Result<MachineKnowledge> know_machine(const System& system, const Store& store);

struct SaveOptions {
  std::uint32_t flags = 0;  ///< abi::hibernate::kSave*
  abi::hibernate::AfterSave after = abi::hibernate::AfterSave::kPowerOff;
  std::uint32_t disk_timeout_ms = 0;  ///< 0: the driver's own
};
[[nodiscard]] Result<abi::hibernate::SaveRequest> make_save_request(const System& system,
                                                                    const MachineKnowledge& machine,
                                                                    const Store& store, const Canary& canary,
                                                                    const SaveOptions& options);

struct RestoreOptions {
  std::uint32_t flags = 0;       ///< abi::hibernate::kRestore*, but for kRestoreHasMap
  std::uint64_t generation = 0;  ///< 0: the newest that nobody went on from
  std::uint32_t disk_timeout_ms = 0;
};
[[nodiscard]] Result<abi::hibernate::RestoreRequest> make_restore_request(const System& system,
                                                                          const Store& store,
                                                                          const RestoreOptions& options);

}  // namespace kjump::hibernate
