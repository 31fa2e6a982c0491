// SPDX-License-Identifier: MIT
#include "hibernate/fingerprints.hpp"

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include "hibernate/hash.hpp"

namespace kjump::hibernate {

namespace {

disk::Place place_of(const format::Fingerprint& print) {
  return {print.bus, print.device, print.function, print.unit};
}

bool same_disk(const format::Fingerprint& one, const format::Fingerprint& other) {
  return one.driver == other.driver && one.bus == other.bus && one.device == other.device &&
         one.function == other.function && one.unit == other.unit;
}

/// Calls use(print, hash) for each, opening each disk once for those that follow each other on it.
template <typename Status, typename Print, typename Use>
Failure for_each(OpenDisk& disk, Print* prints, uint32_t count, uint64_t buffer, uint32_t timeout_ms,
                 Status disk_status, Use use) {
  for (uint32_t i = 0; i < count && i < format::kMostFingerprints; ++i) {
    Print& print = prints[i];
    disk::Error error;
    if (i == 0 || !same_disk(prints[i - 1], print)) {
      error = disk.open(static_cast<format::DiskDriver>(print.driver), place_of(print), timeout_ms);
    }
    const uint64_t bytes = uint64_t{print.sectors} * format::kSectorBytes;
    if (print.sectors > format::kMostFingerprintSectors) {
      return failure(disk_status, "a file system's fingerprint is too long");
    }
    if (!error.failed()) {
      error = disk.transfer(disk::Operation::kRead, print.sector, bytes, buffer);
    }
    if (error.failed()) {
      Failure made = disk_failure(disk_status, disk.driver(), disk.place(), error);
      made.why.add(" (").add(print.name).add(")");
      return made;
    }
    if (const Failure said = use(print, hash_of(physical(buffer), bytes)); said.failed()) {
      return said;
    }
  }
  disk.close();
  return {};
}

}  // namespace

Failure take_fingerprints(OpenDisk& disk, format::Fingerprint* prints, uint32_t count, uint64_t buffer,
                          uint32_t timeout_ms) {
  return for_each(disk, prints, count, buffer, timeout_ms, format::SaveStatus::kDisk,
                  [](format::Fingerprint& print, uint64_t hash) {
                    print.hash = hash;
                    return Failure{};
                  });
}

Failure check_fingerprints(OpenDisk& disk, const format::Fingerprint* prints, uint32_t count, uint64_t buffer,
                           uint32_t timeout_ms) {
  return for_each(disk, prints, count, buffer, timeout_ms, format::RestoreStatus::kDisk,
                  [](const format::Fingerprint& print, uint64_t hash) {
                    Failure made;
                    if (print.hash != hash) {
                      made = failure(format::RestoreStatus::kFileSystem, print.name);
                      made.why.add(" has been mounted or written since the image was saved");
                    }
                    return made;
                  });
}

}  // namespace kjump::hibernate
