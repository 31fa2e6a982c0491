// SPDX-License-Identifier: MIT
// Which disk is it? Numbers change between firmware and Linux; the store's own identity does not.
#include <initializer_list>

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/restorer.hpp"

namespace kjump::hibernate {

namespace {

using format::DiskDriver;

constexpr uint32_t kMostControllers = 16;

/// Units behind one controller, as disk::Place counts them.
struct Units {
  uint8_t first, end;
};

Units units_of(DiskDriver driver) {
  switch (driver) {
    case DiskDriver::kAhci:
      return {0, 32};
    case DiskDriver::kIde:
      return {0, 4};
    case DiskDriver::kNvme:
      return {1, 5};
    default:
      return {disk::kAnyUnit, disk::kAnyUnit};
  }
}

bool is_any(const format::Uuid& uuid) {
  for (const uint8_t byte : uuid.bytes) {
    if (byte != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool Restorer::try_disk(DiskDriver driver, const disk::Place& place) {
  if (disk_.open(driver, place, request_.disk_timeout_ms).failed()) {
    return false;
  }
  disk::Error error;
  if (!store_.load(request_.header_sector, is_any(request_.store) ? nullptr : &request_.store, error)) {
    if (error.failed()) {
      unreadable_ = on_disk(error);
    }
    disk_.close();
    return false;
  }
  driver_ = driver;
  place_ = disk_.disk().place;
  ticks_per_ms_ = disk_.disk().ticks_per_ms;
  return true;
}

bool Restorer::search(DiskDriver driver, const disk::Place& controller) {
  disk::Place place = controller;
  const Units units = units_of(driver);
  if (units.first == units.end) {
    place.unit = disk::kAnyUnit;
    return try_disk(driver, place);
  }
  for (uint8_t unit = units.first; unit < units.end; ++unit) {
    place.unit = unit;
    if (try_disk(driver, place)) {
      return true;
    }
  }
  return false;
}

Failure Restorer::find_store() {
  const auto wanted = static_cast<DiskDriver>(request_.disk.driver);
  if (wanted != DiskDriver::kNone && try_disk(wanted, {request_.disk.bus, request_.disk.device,
                                                       request_.disk.function, request_.disk.unit})) {
    return {};
  }
  for (const DiskDriver driver :
       {DiskDriver::kVirtio, DiskDriver::kNvme, DiskDriver::kAhci, DiskDriver::kIde}) {
    disk::Place controller;
    for (uint32_t i = 0; i < kMostControllers && disk::find(*driver_of(driver), i, controller); ++i) {
      if (search(driver, controller)) {
        return {};
      }
    }
  }
  Failure none = failure(format::RestoreStatus::kNoDisk, "no disk that can be reached holds the store");
  if (unreadable_.failed()) {
    none.why.add(" (").add(unreadable_.why.text()).add(")");
  }
  return none;
}

}  // namespace kjump::hibernate
