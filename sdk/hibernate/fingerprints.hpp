// SPDX-License-Identifier: MIT
/// Which sectors tell that a file system was mounted elsewhere while the machine was off: the restored kernel
/// would go on with what it remembers of it, and destroy it (hibernation.md H1). The save payload takes their
/// hashes, the restore payload compares.
#pragma once

#include <string>
#include <vector>

#include <kjump/abi/hibernate/fingerprint.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

/// A file system or swap area that nobody watches.
struct Unwatched {
  std::string name;  ///< "/dev/sdb1 on /mnt"
  std::string why;
};

struct FingerprintKnowledge {
  std::vector<abi::hibernate::Fingerprint> fingerprints;
  std::vector<Unwatched> unwatched;
  std::vector<std::string> pci;  ///< functions on the way to their disks, bridges first
};

/// Of every file system that is mounted for writing and every swap area in use, on a block device. Sectors
/// that lie in `store` are left out: `store_disk` is its disk.
[[nodiscard]] Result<FingerprintKnowledge> find_fingerprints(
    const System& system, const std::string& store_disk,
    const std::vector<abi::hibernate::Extent>& store = {});

/// One line of /proc/self/mountinfo (Documentation/filesystems/proc.rst, 3.5).
struct Mount {
  unsigned device_major = 0;
  unsigned device_minor = 0;
  std::string point;
  std::string type;
  std::string source;
  bool writable = false;  ///< the file system; not just this view of it
};
[[nodiscard]] std::vector<Mount> parse_mounts(const std::string& mountinfo);

}  // namespace kjump::hibernate
