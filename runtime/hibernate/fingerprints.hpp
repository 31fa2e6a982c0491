// SPDX-License-Identifier: MIT
/// Has a file system been mounted or written since? (hibernation.md H1)
#pragma once

#include <kjump/abi/hibernate/fingerprint.hpp>
#include "hibernate/store.hpp"

namespace kjump::hibernate {

/// Reads the sectors that each names and notes their hash. `buffer`: kMostFingerprintSectors. Opens the disks
/// one after the other and leaves `disk` closed.
[[nodiscard]] Failure take_fingerprints(OpenDisk& disk, format::Fingerprint* prints, uint32_t count,
                                        uint64_t buffer, uint32_t timeout_ms);

/// Status kFileSystem or kDisk, with the name of the one that differs.
[[nodiscard]] Failure check_fingerprints(OpenDisk& disk, const format::Fingerprint* prints, uint32_t count,
                                         uint64_t buffer, uint32_t timeout_ms);

}  // namespace kjump::hibernate
