// SPDX-License-Identifier: MIT
/// The restore payload as a boot program of a store, and the first sector that loads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "boot/first_sector.hpp"
#include "boot/program.hpp"
#include "hibernate/disk.hpp"
#include "hibernate/store.hpp"

namespace kjump::boot {

/// What the restore payload is asked when nobody is there to ask it: this store's newest image, on whatever
/// disk that store is.
[[nodiscard]] abi::hibernate::RestoreRequest restore_request(const abi::hibernate::StoreHeader& store);
[[nodiscard]] Result<Program> restore_program(const abi::hibernate::StoreHeader& store);

/// A first sector, and the disk it lies on.
struct BootPlace {
  std::string disk;  ///< path of the whole disk
  std::uint64_t sector = 0;
  [[nodiscard]] bool whole_disk() const { return sector == 0; }
};

/// Of a disk or a partition, as firmware can read it.
[[nodiscard]] Result<BootPlace> find_boot_place(const std::string& device);

struct Installation {
  BootCode before = BootCode::kNone;  ///< what was in the sector
  std::size_t pieces = 0;
  std::size_t bytes = 0;  ///< on the disk, boot block included
};

/// Writes the program into the store's boot blocks, checks it, and then the sector, which stays valid all the
/// time. `disk` is the one that the store lies on.
[[nodiscard]] Result<Installation> install(const Program& program, hibernate::Store& store,
                                           hibernate::Disk& disk, const BootPlace& place, bool force);

/// Puts the former boot code back. False: ours was not there. `force`: zeros, if the former is lost.
[[nodiscard]] Result<bool> uninstall(hibernate::Disk& disk, const BootPlace& place, bool force);

/// A menu entry for GRUB that starts the Multiboot program at `path`.
[[nodiscard]] std::string grub_entry(const std::string& path);

}  // namespace kjump::boot
