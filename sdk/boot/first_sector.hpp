// SPDX-License-Identifier: MIT
/// The first sector of a disk or a partition: whose boot code is in it, and how to put ours there and take it
/// away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <kjump/abi/boot.hpp>
#include <kjump/result.hpp>

#include "boot/disk_program.hpp"

namespace kjump::boot {

using Sector = std::array<std::byte, abi::kBootSectorBytes>;

enum class BootCode {
  kNone,     ///< zeros
  kOurs,     ///< kjump's
  kKnown,    ///< a boot loader's that is known to work from our boot block
  kForeign,  ///< somebody's
};

[[nodiscard]] BootCode boot_code_of(const Sector& sector);
/// Where ours says that its boot block lies; kOurs only.
[[nodiscard]] abi::BootSectorFields our_fields(const Sector& sector);

/// A disk whose partitions are a GPT's: its boot code area is nobody's, as a rule.
[[nodiscard]] bool has_protective_mbr(const Sector& sector);

/// What is in it that is no boot code, and must not be overwritten; empty: nothing. A store's own block 0 is
/// one such thing.
[[nodiscard]] std::string occupied_by(const Sector& sector);

/// May ours go there? `whole_disk`: and not the first sector of a partition, where a file system may be.
[[nodiscard]] Result<void> check_may_install(const Sector& sector, bool whole_disk, bool force,
                                             const std::string& subject);

[[nodiscard]] SectorCode code_in(const Sector& sector);
/// With other boot code; disk signature and partition table stay. The boot signature is there afterwards.
[[nodiscard]] Sector with_code(Sector sector, const SectorCode& code);

/// The boot code that was there before ours, from the boot block; an error when that is damaged.
[[nodiscard]] Result<SectorCode> old_code_in(std::span<const std::byte> block,
                                             const abi::BootSectorFields& fields, const std::string& subject);

}  // namespace kjump::boot
