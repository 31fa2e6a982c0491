// SPDX-License-Identifier: MIT
#include "disk/ahci/port.hpp"

#include "disk/clock.hpp"

namespace kjump::disk::ahci {

namespace {

// AHCI 1.3.1, 3.3: port registers.
constexpr uint32_t kPorts = 0x100;
constexpr uint32_t kPortBytes = 0x80;
constexpr uint32_t kList = 0x00;
constexpr uint32_t kReceived = 0x08;
constexpr uint32_t kInterruptStatus = 0x10;
constexpr uint32_t kInterruptEnable = 0x14;
constexpr uint32_t kCommand = 0x18;
constexpr uint32_t kTaskFile = 0x20;
constexpr uint32_t kSignature = 0x24;
constexpr uint32_t kSataStatus = 0x28;
constexpr uint32_t kSataControl = 0x2C;
constexpr uint32_t kSataError = 0x30;
constexpr uint32_t kSataActive = 0x34;
constexpr uint32_t kIssue = 0x38;

// kCommand.
constexpr uint32_t kStart = 1u << 0;
constexpr uint32_t kSpinUp = 1u << 1;
constexpr uint32_t kPowerOn = 1u << 2;
constexpr uint32_t kReceiveEnable = 1u << 4;
constexpr uint32_t kReceiveRunning = 1u << 14;
constexpr uint32_t kListRunning = 1u << 15;
constexpr uint32_t kActiveState = 1u << 28;
constexpr uint32_t kStateMask = 0xFu << 28;

// kInterruptStatus: interface, data, file and task file errors that stop the engine (6.2.2).
constexpr uint32_t kErrors = 1u << 27 | 1u << 28 | 1u << 29 | 1u << 30;

constexpr uint32_t kDetect = 0xF;
constexpr uint32_t kLinkUp = 3;
constexpr uint32_t kNoPowerSaving = 3u << 8;  // SControl.IPM: no partial, no slumber
constexpr uint32_t kDiskSignature = 0x00000101;

// 10.1.2: the engine stops within half a second. A drive may spin up for long; the disk's timeout bounds
// that.
constexpr uint32_t kStopMs = 500;
constexpr uint32_t kLinkMs = 200;
constexpr uint32_t kResetMs = 2;  // 10.4.2: at least one

// Serial ATA, register FIS from host to device.
constexpr uint8_t kHostToDevice = 0x27;
constexpr uint8_t kIsCommand = 0x80;
constexpr uint32_t kFisWords = 5;
constexpr uint32_t kHeaderWrite = 1u << 6;
constexpr uint32_t kRegionShift = 16;

}  // namespace

void Port::set_up(PortMemory& memory, const Registers& controller, uint32_t number) {
  memory_ = &memory;
  registers_ = controller;
  offset_ = kPorts + number * kPortBytes;
}

void Port::remember() {
  list_before_ = registers_.read64(offset_ + kList);
  received_before_ = registers_.read64(offset_ + kReceived);
  interrupts_before_ = read(kInterruptEnable);
}

void Port::put_back() const {
  write(kInterruptEnable, 0);
  write(kInterruptStatus, read(kInterruptStatus));
  write(kSataError, read(kSataError));
  registers_.write64(offset_ + kList, list_before_);
  registers_.write64(offset_ + kReceived, received_before_);
  write(kInterruptEnable, interrupts_before_);
}

bool Port::has_disk() const {
  return (read(kSataStatus) & kDetect) == kLinkUp;
}

bool Port::wait_clear(const Disk& disk, uint32_t offset, uint32_t bits, uint32_t ms) const {
  const Deadline end(disk, ms);
  while ((read(offset) & bits) != 0) {
    if (end.passed()) {
      return false;
    }
    relax();
  }
  return true;
}

bool Port::stop(const Disk& disk) const {
  write(kInterruptEnable, 0);
  write(kCommand, read(kCommand) & ~kStart);
  const bool list = wait_clear(disk, kCommand, kListRunning, kStopMs);
  write(kCommand, read(kCommand) & ~kReceiveEnable);
  return wait_clear(disk, kCommand, kReceiveRunning, kStopMs) && list;
}

// 10.1.2 and 10.4.2. The drive's first FIS, with its signature, is received, so receiving is switched on
// first.
bool Port::reset(const Disk& disk) {
  registers_.write64(offset_ + kList, address_of(memory_->headers));
  registers_.write64(offset_ + kReceived, address_of(memory_->received));
  write(kCommand, (read(kCommand) & ~kStateMask) | kActiveState | kSpinUp | kPowerOn | kReceiveEnable);
  write(kSataControl, kNoPowerSaving | 1);
  wait_ms(disk, kResetMs);
  write(kSataControl, kNoPowerSaving);
  const Deadline link(disk, kLinkMs);
  while (!has_disk()) {
    if (link.passed()) {
      return false;
    }
    relax();
  }
  write(kSataError, read(kSataError));
  const Deadline drive(disk);
  while ((read(kTaskFile) & (ata::kBusy | ata::kDataRequest)) != 0 || read(kSignature) == UINT32_MAX) {
    if (drive.passed()) {
      return false;
    }
    relax();
  }
  write(kInterruptStatus, read(kInterruptStatus));
  return read(kSignature) == kDiskSignature;
}

void Port::start() const {
  write(kCommand, read(kCommand) | kStart);
}

void Port::issue(uint32_t slot, const Command& command, bool queued) const {
  CommandTable& table = memory_->tables[slot];
  const auto byte = [&](uint32_t bits) { return static_cast<uint8_t>(command.sector >> bits); };
  // A queued command has its tag where others have the count, and the count in the feature registers.
  const uint32_t features = queued ? command.count : 0;
  const uint32_t count = queued ? slot << 3 : command.count;
  const uint8_t fis[] = {kHostToDevice,
                         kIsCommand,
                         command.command,
                         static_cast<uint8_t>(features),
                         byte(0),
                         byte(8),
                         byte(16),
                         ata::kLba,
                         byte(24),
                         byte(32),
                         byte(40),
                         static_cast<uint8_t>(features >> 8),
                         static_cast<uint8_t>(count),
                         static_cast<uint8_t>(count >> 8),
                         0,
                         0};
  for (uint32_t i = 0; i < sizeof fis; ++i) {
    table.fis[i] = fis[i];
  }
  table.region_address = command.address;
  table.region_bytes = command.bytes - 1;
  CommandHeader& header = memory_->headers[slot];
  header.flags =
      kFisWords | (command.writes ? kHeaderWrite : 0) | (command.bytes != 0 ? 1u : 0u) << kRegionShift;
  header.bytes_moved = 0;
  header.table = address_of(&table);
  order_memory();
  if (queued) {
    write(kSataActive, 1u << slot);
  }
  write(kIssue, 1u << slot);
}

uint32_t Port::outstanding() const {
  return read(kIssue) | read(kSataActive);
}

bool Port::failed() const {
  return (read(kInterruptStatus) & kErrors) != 0 || (read(kTaskFile) & ata::kError) != 0;
}

uint32_t Port::task_file() const {
  return read(kTaskFile);
}

}  // namespace kjump::disk::ahci
