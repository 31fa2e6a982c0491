// SPDX-License-Identifier: MIT
// The disk, and the functions of the runtime's drivers on it.
#include <algorithm>
#include <cstring>
#include <deque>

#include "simulated/machine.hpp"

namespace kjump::simulated {

void Disk::transfer(disk::Request& request) {
  ++commands;
  if (fail_after_commands != 0 && --fail_after_commands == 0) {
    request.error = {failure, "SIMULATED", "injected", 0, 0};
    return;
  }
  const std::uint64_t offset = request.sector * 512;
  const std::uint64_t bytes = std::uint64_t{request.count} * 512;
  auto* memory = reinterpret_cast<std::uint8_t*>(request.address);
  switch (request.operation) {
    case disk::Operation::kFlush:
      make_safe();
      return;
    case disk::Operation::kRead:
      std::memcpy(memory, now_.data() + offset, bytes);
      return;
    case disk::Operation::kWrite:
      ++writes;
      std::memcpy(now_.data() + offset, memory, bytes);
      loose_.push_back({offset, {memory, memory + bytes}});
      if (cut_after_writes != 0 && --cut_after_writes == 0) {
        throw PowerCut{};
      }
  }
}

// Each sector of each write, in any order, may have got to the medium or not; none is torn.
void Disk::lose_power(std::mt19937_64& chance) {
  const std::uint64_t luck = chance() % 4;  // nothing, everything, or half of it
  now_ = safe_;
  for (const Write& write : loose_) {
    for (std::uint64_t at = 0; at < write.content.size(); at += 512) {
      if (luck == 1 || (luck > 1 && chance() % 2 == 0)) {
        std::memcpy(now_.data() + write.offset + at, write.content.data() + at, 512);
      }
    }
  }
  make_safe();
  cut_after_writes = fail_after_commands = 0;
}

}  // namespace kjump::simulated

namespace kjump::disk {

namespace {

constexpr std::uint32_t kDepth = 4;
std::deque<Request*> in_flight;

simulated::Disk& medium() {
  return simulated::machine().disk;
}

}  // namespace

const Driver kVirtio{"simulated", "",      "",      "",      0,       true,   nullptr,
                     nullptr,     nullptr, nullptr, nullptr, nullptr, nullptr};
const Driver kNvme = kVirtio;
const Driver kAhci = kVirtio;
const Driver kIde = kVirtio;

bool find(const Driver& driver, uint32_t index, Place& place) {
  place = {0, 4, 0, kAnyUnit};
  return &driver == &kVirtio && index == 0;
}

Error open(Disk& disk, const Driver& driver, const Place& place, void* /*storage*/, size_t /*bytes*/,
           const Options& /*options*/) {
  disk = Disk{};
  in_flight.clear();
  if (&driver != &kVirtio || place.device != 4) {
    return {Code::kMissing, "open", "no disk there", 0, 0};
  }
  disk.driver = &driver;
  disk.place = place;
  disk.info.sectors = medium().bytes().size() / 512;
  disk.info.sector_bytes = 512;
  disk.info.max_transfer_bytes = 256 << 10;
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
Request* poll(Disk& /*disk*/) {
  if (in_flight.empty()) {
    return nullptr;
  }
  const auto which = static_cast<std::ptrdiff_t>(simulated::machine().chance() % in_flight.size());
  Request* request = in_flight[static_cast<std::size_t>(which)];
  in_flight.erase(in_flight.begin() + which);
  medium().transfer(*request);
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
