// SPDX-License-Identifier: MIT
#include "disk/ide/channel.hpp"

#include "disk/clock.hpp"
#include "support/io_port.hpp"

namespace kjump::disk::ide {

namespace {

// Where a channel in compatibility mode is (PCI IDE Controller specification 1.0).
struct Ports {
  uint16_t command;
  uint16_t control;
};
constexpr Ports kCompatible[] = {{0x1F0, 0x3F6}, {0x170, 0x376}};
constexpr uint32_t kInterface = 0x09;  // in configuration space
constexpr uint8_t kBusMaster = 1u << 7;
constexpr uint32_t kMasterBar = 4;
constexpr uint16_t kMasterBytes = 8;  // of one channel
constexpr uint16_t kControlInBar = 2;

// Command block.
constexpr uint16_t kData = 0;
constexpr uint16_t kErrorRegister = 1;
constexpr uint16_t kCount = 2;
constexpr uint16_t kAddress = 3;
constexpr uint16_t kDevice = 6;
constexpr uint16_t kCommand = 7;
constexpr uint8_t kObsoleteOnes = 0xA0;
constexpr uint32_t kDriveShift = 4;

// Device control.
constexpr uint8_t kNoInterrupt = 1u << 1;
constexpr uint8_t kSoftReset = 1u << 2;
constexpr uint32_t kResetMs = 5;  // 5 us, and 2 ms until the status means something

// Bus master.
constexpr uint16_t kMasterStatus = 2;
constexpr uint16_t kMasterTable = 4;
constexpr uint8_t kStart = 1u << 0;
constexpr uint8_t kToMemory = 1u << 3;
constexpr uint8_t kMasterError = 1u << 1;
constexpr uint8_t kMasterInterrupt = 1u << 2;

}  // namespace

Error Channel::set_up(const Place& place, uint32_t unit) {
  const uint32_t channel = unit / 2;
  const uint8_t interface = pci::read8(place, kInterface);
  command_ = kCompatible[channel].command;
  control_ = kCompatible[channel].control;
  device_ = static_cast<uint8_t>(kObsoleteOnes | ata::kLba | (unit % 2) << kDriveShift);
  if ((interface >> (2 * channel) & 1) != 0) {  // native mode: wherever the registers say
    const pci::Bar command = pci::read_bar(place, 2 * channel);
    const pci::Bar control = pci::read_bar(place, 2 * channel + 1);
    if (command.error.failed() || control.error.failed()) {
      return command.error.failed() ? command.error : control.error;
    }
    command_ = static_cast<uint16_t>(command.address);
    control_ = static_cast<uint16_t>(control.address + kControlInBar);
  }
  const pci::Bar master = pci::read_bar(place, kMasterBar);
  const bool usable = (interface & kBusMaster) != 0 && !master.error.failed() && master.is_port;
  master_ = static_cast<uint16_t>(usable ? master.address + channel * kMasterBytes : 0);
  return {};
}

void Channel::write(uint16_t offset, uint32_t value) const {
  io::write8(static_cast<uint16_t>(command_ + offset), static_cast<uint8_t>(value));
}

uint8_t Channel::status() const {
  return io::read8(control_);
}

uint8_t Channel::error() const {
  return io::read8(static_cast<uint16_t>(command_ + kErrorRegister));
}

// 400 ns until the status is that of the drive, or of the command: four reads of a slow port.
void Channel::settle() const {
  for (int i = 0; i < 4; ++i) {
    (void)status();
  }
}

bool Channel::wait_idle(const Disk& disk) const {
  const Deadline end(disk);
  while ((status() & (ata::kBusy | ata::kDataRequest)) != 0) {
    if (status() == 0xFF || end.passed()) {
      return false;
    }
    relax();
  }
  return true;
}

// A drive that rests keeps its transfer mode, which whoever used it before has chosen; a reset might lose it.
bool Channel::select(const Disk& disk) const {
  io::write8(control_, kNoInterrupt);
  write(kDevice, device_);
  settle();
  if (status() == 0xFF || status() == 0) {
    return false;
  }
  if ((status() & (ata::kBusy | ata::kDataRequest)) != 0) {
    reset(disk);
    write(kDevice, device_);
    settle();
  }
  return wait_idle(disk);
}

void Channel::reset(const Disk& disk) const {
  io::write8(control_, kNoInterrupt | kSoftReset);
  wait_ms(disk, 1);
  io::write8(control_, kNoInterrupt);
  wait_ms(disk, kResetMs);
  (void)wait_idle(disk);
}

// 48-bit commands: each register is written twice, its upper byte first.
void Channel::command(uint8_t command, uint64_t sector, uint32_t count) const {
  write(kDevice, device_);
  settle();
  write(kCount, count >> 8);
  for (uint16_t i = 0; i < 3; ++i) {
    write(static_cast<uint16_t>(kAddress + i), low(sector >> (24 + 8 * i)));
  }
  write(kCount, count);
  for (uint16_t i = 0; i < 3; ++i) {
    write(static_cast<uint16_t>(kAddress + i), low(sector >> (8 * i)));
  }
  write(kCommand, command);
  settle();
}

bool Channel::has_foreign_signature() const {
  return io::read8(static_cast<uint16_t>(command_ + kAddress + 1)) != 0 ||
         io::read8(static_cast<uint16_t>(command_ + kAddress + 2)) != 0;
}

void Channel::read_words(uint16_t* to, uint32_t count) const {
  asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(static_cast<uint16_t>(command_ + kData)) : "memory");
}

void Channel::write_words(const uint16_t* from, uint32_t count) const {
  asm volatile("rep outsw"
               : "+S"(from), "+c"(count)
               : "d"(static_cast<uint16_t>(command_ + kData))
               : "memory");
}

void Channel::prepare_dma(const Region* regions, bool device_writes) const {
  io::write8(master_, device_writes ? kToMemory : 0);
  io::write8(static_cast<uint16_t>(master_ + kMasterStatus), kMasterError | kMasterInterrupt);  // clears both
  order_memory();
  io::write32(static_cast<uint16_t>(master_ + kMasterTable), low(address_of(regions)));
}

void Channel::start_dma(bool device_writes) const {
  io::write8(master_, kStart | (device_writes ? kToMemory : 0));
}

bool Channel::end_dma() const {
  io::write8(master_, 0);
  const auto port = static_cast<uint16_t>(master_ + kMasterStatus);
  const bool failed = (io::read8(port) & kMasterError) != 0;
  io::write8(port, kMasterError | kMasterInterrupt);
  return failed;
}

}  // namespace kjump::disk::ide
