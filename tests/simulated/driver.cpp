// SPDX-License-Identifier: MIT
// The functions of the runtime's drivers, on the simulated disk wherever it is plugged in.
#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>

#include <kjump/abi/hibernate/disk.hpp>

#include "simulated/machine.hpp"

namespace kjump::disk {

namespace {

using abi::hibernate::DiskDriver;

constexpr std::uint32_t kDepth = 4;
constexpr std::uint8_t kOldPlace = 4;  // machine.hpp
std::deque<Request*> in_flight;

const Driver& current_driver() {
  switch (simulated::machine().disk_driver) {
    case DiskDriver::kNvme:
      return kNvme;
    case DiskDriver::kAhci:
      return kAhci;
    default:
      return kVirtio;
  }
}

// NVMe's units are name spaces, from 1; AHCI's are ports.
std::uint8_t current_unit() {
  switch (simulated::machine().disk_driver) {
    case DiskDriver::kNvme:
      return 1;
    case DiskDriver::kAhci:
      return 2;
    default:
      return kAnyUnit;
  }
}

bool is_the_disk(const Driver& driver, const Place& place) {
  return simulated::machine().disk_driver != DiskDriver::kNone && &driver == &current_driver() &&
         place.bus == 0 && place.function == 0 && place.device == simulated::machine().disk_device &&
         place.unit == current_unit();
}

bool is_blank_disk(const Driver& driver, const Place& place) {
  return simulated::machine().blank_disk_at_old_place && &driver == &kVirtio && place.device == kOldPlace;
}

}  // namespace

const Driver kVirtio{
    "simulated virtio", "", "", "", 0, true, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
const Driver kNvme{"simulated NVMe", "",      "",      "",      0,       true,   nullptr,
                   nullptr,          nullptr, nullptr, nullptr, nullptr, nullptr};
const Driver kAhci{"simulated AHCI", "",      "",      "",      0,       true,   nullptr,
                   nullptr,          nullptr, nullptr, nullptr, nullptr, nullptr};
const Driver kIde{"simulated IDE", "",      "",      "",      0,       true,   nullptr,
                  nullptr,         nullptr, nullptr, nullptr, nullptr, nullptr};

bool find(const Driver& driver, uint32_t index, Place& place) {
  std::vector<std::uint8_t> devices;
  if (simulated::machine().blank_disk_at_old_place && &driver == &kVirtio) {
    devices.push_back(kOldPlace);
  }
  if (&driver == &current_driver() && simulated::machine().disk_driver != DiskDriver::kNone) {
    devices.push_back(simulated::machine().disk_device);
  }
  if (index < devices.size()) {
    place = {0, devices[index], 0, kAnyUnit};
  }
  return index < devices.size();
}

Error open(Disk& disk, const Driver& driver, const Place& place, void* /*storage*/, size_t /*bytes*/,
           const Options& /*options*/) {
  disk = Disk{};
  in_flight.clear();
  if (!is_the_disk(driver, place) && !is_blank_disk(driver, place)) {
    return {Code::kMissing, "open", "no disk there", 0, 0};
  }
  disk.driver = &driver;
  disk.place = place;
  disk.info.sectors = simulated::machine().disk.bytes().size() / 512;
  disk.info.sector_bytes = 512;
  disk.info.max_transfer_bytes = simulated::machine().shape().max_transfer_bytes;
  disk.info.depth = kDepth;
  disk.ticks_per_ms = 1'000'000;
  return {};
}

Submitted submit(Disk& disk, Request& request) {
  request.error = {};
  const bool outside =
      request.operation != Operation::kFlush && (request.count == 0 || request.sector > disk.info.sectors ||
                                                 request.count > disk.info.sectors - request.sector);
  if (disk.driver == nullptr || outside) {
    request.error = {Code::kInvalid, "submit", "outside of the disk", 0, 0};
    return Submitted::kRefused;
  }
  if (in_flight.size() == kDepth) {
    return Submitted::kFull;
  }
  in_flight.push_back(&request);
  return Submitted::kAccepted;
}

// In any order, and only when asked: a device works while nobody looks.
Request* poll(Disk& disk) {
  if (in_flight.empty()) {
    return nullptr;
  }
  const auto which = static_cast<std::ptrdiff_t>(simulated::machine().chance() % in_flight.size());
  Request* request = in_flight[static_cast<std::size_t>(which)];
  in_flight.erase(in_flight.begin() + which);
  if (is_the_disk(*disk.driver, disk.place)) {
    simulated::machine().disk.transfer(*request);
  } else if (request->operation == Operation::kRead) {
    std::memset(reinterpret_cast<void*>(request->address), 0, std::size_t{request->count} * 512);
  } else {
    throw std::logic_error("somebody else's disk was written to");
  }
  return request;
}

namespace {

Error one(Disk& disk, Operation operation, uint64_t sector, uint64_t count, uint64_t address) {
  Request request;
  request.operation = operation;
  request.sector = sector;
  request.count = static_cast<uint32_t>(count);
  request.address = address;
  if (submit(disk, request) != Submitted::kAccepted) {
    return request.error;
  }
  while (poll(disk) != &request) {
  }
  return request.error;
}

}  // namespace

Error read(Disk& disk, uint64_t sector, uint64_t count, uint64_t address) {
  return one(disk, Operation::kRead, sector, count, address);
}
Error write(Disk& disk, uint64_t sector, uint64_t count, uint64_t address) {
  return one(disk, Operation::kWrite, sector, count, address);
}
Error flush(Disk& disk) {
  return one(disk, Operation::kFlush, 0, 0, 0);
}

void close(Disk& disk) {
  in_flight.clear();
  disk = Disk{};
}

void describe(const Driver& driver, const Place& /*place*/, const Error& error, char* text, size_t bytes) {
  const std::string sentence = std::string(driver.name) + ": " + error.command + ": " + error.reason;
  const std::size_t count = std::min(bytes - 1, sentence.size());
  sentence.copy(text, count);
  text[count] = '\0';
}

}  // namespace kjump::disk
