// SPDX-License-Identifier: MIT
/// A boot program as it lies on a disk (abi/boot.hpp): boot block, pieces, and the code of the first sector.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <kjump/abi/boot.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "boot/program.hpp"

namespace kjump::boot {

using SectorCode = std::array<std::byte, abi::kBootCodeBytes>;

/// Sectors that follow each other on the disk, 512 bytes each.
struct SectorRun {
  std::uint64_t sector = 0;
  std::uint64_t sectors = 0;
};

/// Where a store's records of its images lie; sectors of the disk. 0: there is no store.
struct RecordPlaces {
  std::array<std::uint64_t, abi::hibernate::kSlots> commits{};
  std::array<std::uint64_t, abi::hibernate::kSlots> states{};
};

struct DiskProgram {
  SectorCode sector_code{};        ///< for the beginning of the first sector
  std::vector<std::byte> content;  ///< for the runs, from the first on
};

/// `runs` is where the program may lie; the boot block takes the beginning of the first. `old_code`: what
/// gets the processor when the image comes back, if it is anything but zeros. Without an image to
/// restore by those records the program is not even loaded.
[[nodiscard]] Result<DiskProgram> lay_out(const Program& program, std::span<const SectorRun> runs,
                                          const SectorCode& old_code, const RecordPlaces& records = {});

}  // namespace kjump::boot
