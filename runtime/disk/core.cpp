// SPDX-License-Identifier: MIT
// What all drivers have in common: slots, deadlines, and the synchronous calls.
#include "disk/check.hpp"
#include "disk/clock.hpp"
#include "disk/driver.hpp"

#include <kjump/payload.hpp>

namespace kjump::disk {

namespace {

uint32_t free_slot(const Disk& disk) {
  uint32_t slot = 0;
  while (slot < disk.info.depth && ((disk.running | disk.ended) >> slot & 1) != 0) {
    ++slot;
  }
  return slot;
}

/// The device is silenced, whatever it had in hand comes back.
void give_up(Disk& disk, uint64_t now) {
  const uint32_t running = disk.running;
  for (uint32_t slot = 0; slot < kMaxDepth; ++slot) {
    if ((running >> slot & 1) != 0) {
      const bool late = now >= disk.deadlines[slot];
      Error error = disk.driver->look(disk, slot);
      error.code = late ? Code::kTimeout : Code::kAborted;
      error.reason = late ? "no answer in time" : "given up with another request";
      finish(disk, slot, error);
    }
  }
  disk.driver->stop(disk);
  disk.broken = true;
}

void check_deadlines(Disk& disk) {
  const uint64_t now = read_tsc();
  for (uint32_t slot = 0; slot < disk.info.depth; ++slot) {
    if ((disk.running >> slot & 1) != 0 && now >= disk.deadlines[slot]) {
      give_up(disk, now);
      return;
    }
  }
}

Error wait_for(Disk& disk, Request& request) {
  Submitted submitted = submit(disk, request);
  while (submitted == Submitted::kFull) {
    (void)poll(disk);  // what others left behind; a deadline ends it
    submitted = submit(disk, request);
  }
  if (submitted == Submitted::kRefused) {
    return request.error;
  }
  while (poll(disk) != &request) {
    relax();
  }
  return request.error;
}

Error transfer(Disk& disk, Operation operation, uint64_t sector, uint64_t count, uint64_t address) {
  Request request;
  request.operation = operation;
  request.sector = sector;
  request.address = address;
  const uint32_t most = disk.driver == nullptr ? 1 : disk.info.max_transfer_bytes / disk.info.sector_bytes;
  do {
    request.count = count < most ? static_cast<uint32_t>(count) : most;
    if (const Error error = wait_for(disk, request); error.failed()) {
      return error;
    }
    count -= request.count;
    request.sector += request.count;
    request.address += bytes_of(disk, request);
  } while (count != 0);
  return {};
}

}  // namespace

void finish(Disk& disk, uint32_t slot, const Error& error) {
  disk.requests[slot]->error = error;
  disk.running &= ~(1u << slot);
  disk.ended |= 1u << slot;
}

bool find(const Driver& driver, uint32_t index, Place& place) {
  return driver.find(index, place);
}

Error open(Disk& disk, const Driver& driver, const Place& place, void* storage, size_t bytes,
           const Options& options) {
  disk = Disk{};
  disk.place = place;
  if (const Error error = check_storage(driver, storage, bytes); error.failed()) {
    return error;
  }
  disk.storage = storage;
  disk.no_dma = options.no_dma;
  disk.ticks_per_ms = options.tsc_per_ms != 0 ? options.tsc_per_ms : measure_ticks_per_ms();
  disk.ticks_per_timeout = uint64_t{disk.ticks_per_ms} * options.timeout_ms;
  for (size_t i = 0; i < driver.storage_bytes; i += sizeof(uint32_t)) {
    *reinterpret_cast<volatile uint32_t*>(static_cast<uint8_t*>(storage) + i) = 0;
  }
  const Error error = driver.open(disk);
  if (error.failed()) {
    driver.close(disk);
    return error;
  }
  disk.driver = &driver;
  return {};
}

Submitted submit(Disk& disk, Request& request) {
  request.error = check_request(disk, request);
  if (request.error.failed()) {
    return Submitted::kRefused;
  }
  const bool flush = request.operation == Operation::kFlush;
  const uint32_t slot = free_slot(disk);
  if (slot == disk.info.depth || (disk.running != 0 && (flush || disk.flushing))) {
    return Submitted::kFull;
  }
  disk.flushing = flush;
  disk.requests[slot] = &request;
  disk.deadlines[slot] = read_tsc() + disk.ticks_per_timeout;
  disk.running |= 1u << slot;
  disk.driver->start(disk, slot);
  return Submitted::kAccepted;
}

Request* poll(Disk& disk) {
  if (disk.ended == 0 && disk.running != 0) {
    disk.driver->poll(disk);
    check_deadlines(disk);
  }
  if (disk.ended == 0) {
    return nullptr;
  }
  const auto slot = static_cast<uint32_t>(__builtin_ctz(disk.ended));
  disk.ended &= ~(1u << slot);
  return disk.requests[slot];
}

Error read(Disk& disk, uint64_t sector, uint64_t count, uint64_t address) {
  return transfer(disk, Operation::kRead, sector, count, address);
}

Error write(Disk& disk, uint64_t sector, uint64_t count, uint64_t address) {
  return transfer(disk, Operation::kWrite, sector, count, address);
}

Error flush(Disk& disk) {
  Request request;
  request.operation = Operation::kFlush;
  return wait_for(disk, request);
}

void close(Disk& disk) {
  if (disk.driver == nullptr) {
    return;
  }
  if (disk.running != 0) {
    disk.driver->stop(disk);
  }
  disk.driver->close(disk);
  disk = Disk{};
}

}  // namespace kjump::disk
