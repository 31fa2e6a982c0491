// SPDX-License-Identifier: MIT
#include "hibernate/store.hpp"

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include "long_mode/window.hpp"

namespace kjump::hibernate {

namespace {

// The buffer for firmware, which this image does not use: memory below 4 GiB that Linux keeps nothing in, as
// the exchange's.
static_assert(disk::kStorageBytes <= abi::kBounceBytes && abi::kBounceBase % disk::kStorageAlignment == 0);

}  // namespace

const disk::Driver* driver_of(format::DiskDriver driver) {
  switch (driver) {
    case format::DiskDriver::kVirtio:
      return &disk::kVirtio;
    case format::DiskDriver::kNvme:
      return &disk::kNvme;
    case format::DiskDriver::kAhci:
      return &disk::kAhci;
    case format::DiskDriver::kIde:
      return &disk::kIde;
    case format::DiskDriver::kNone:
    case format::DiskDriver::kBios:  // too slow for an image, and nothing is there that the others miss
      break;
  }
  return nullptr;
}

disk::Error OpenDisk::open(format::DiskDriver driver, const disk::Place& place, uint32_t timeout_ms) {
  close();
  place_ = place;
  driver_ = driver_of(driver);
  if (driver_ == nullptr) {
    driver_ = &disk::kVirtio;
    return {disk::Code::kUnsupported, "open", "no such driver", 0, 0};
  }
  disk::Options options;
  options.timeout_ms = timeout_ms != 0 ? timeout_ms : disk::kDefaultTimeoutMs;
  return disk::open(disk_, *driver_, place, physical(abi::kBounceBase), disk::kStorageBytes, options);
}

disk::Error OpenDisk::transfer(disk::Operation operation, uint64_t sector, uint64_t bytes, uint64_t address) {
  const uint64_t unit = disk_.info.sector_bytes;
  const uint64_t start = sector * format::kSectorBytes;
  if (unit == 0 || start % unit != 0 || bytes % unit != 0) {
    return {disk::Code::kInvalid, "transfer", "not whole sectors of this disk", 0, 0};
  }
  for (uint64_t done = 0; done < bytes;) {
    const PhysicalRun run = physical_run(address + done, bytes - done);
    const uint64_t at = (start + done) / unit;
    const disk::Error error = operation == disk::Operation::kRead
                                  ? disk::read(disk_, at, run.bytes / unit, run.address)
                                  : disk::write(disk_, at, run.bytes / unit, run.address);
    if (error.failed()) {
      return error;
    }
    done += run.bytes;
  }
  return {};
}

}  // namespace kjump::hibernate
