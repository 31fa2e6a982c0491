// SPDX-License-Identifier: MIT
// Bring-up of an AHCI controller and one of its ports (AHCI 1.3.1, 10.1).
#include "disk/ahci/state.hpp"
#include "disk/clock.hpp"

namespace kjump::disk::ahci {

namespace {

// AHCI 1.3.1, 3.1.
constexpr uint32_t kCapabilities = 0x00;
constexpr uint32_t kHasQueuing = 1u << 30;
constexpr uint32_t kHas64Bits = 1u << 31;
constexpr uint32_t kControl = 0x04;
constexpr uint32_t kControllerReset = 1u << 0;
constexpr uint32_t kInterrupts = 1u << 1;
constexpr uint32_t kAhciMode = 1u << 31;
constexpr uint32_t kImplemented = 0x0C;
constexpr uint32_t kCapabilities2 = 0x24;
constexpr uint32_t kHasHandoff = 1u << 0;
constexpr uint32_t kHandoff = 0x28;
constexpr uint32_t kFirmwareOwns = 1u << 0;
constexpr uint32_t kWeOwn = 1u << 1;

constexpr uint32_t kMostPorts = 32;
constexpr uint64_t k4GiB = uint64_t{1} << 32;

/// Ours from now on: firmware is told, the mode is AHCI, interrupts are off.
void take_controller(const Disk& disk, State& state) {
  const Registers& registers = state.registers;
  if ((registers.read32(kCapabilities2) & kHasHandoff) != 0) {
    registers.write32(kHandoff, registers.read32(kHandoff) | kWeOwn);
    const Deadline end(disk);
    while ((registers.read32(kHandoff) & kFirmwareOwns) != 0 && !end.passed()) {
      relax();
    }
  }
  state.control_before = registers.read32(kControl);
  registers.write32(kControl, (state.control_before | kAhciMode) & ~kInterrupts);
}

bool try_port(Disk& disk, State& state, uint32_t number) {
  if ((state.registers.read32(kImplemented) >> number & 1) == 0) {
    return false;
  }
  state.port.set_up(state.memory, state.registers, number);
  state.port.remember();
  const bool found = state.port.stop(disk) && state.port.reset(disk);
  if (found) {
    disk.place.unit = static_cast<uint8_t>(number);
    state.port_taken = true;
    state.port.start();
    return true;
  }
  (void)state.port.stop(disk);
  state.port.put_back();
  return false;
}

Error find_port(Disk& disk, State& state) {
  if (disk.place.unit != kAnyUnit) {
    const bool found = disk.place.unit < kMostPorts && try_port(disk, state, disk.place.unit);
    return found ? Error{} : Error{Code::kMissing, "open", "there is no disk on the port"};
  }
  for (uint32_t number = 0; number < kMostPorts; ++number) {
    if (try_port(disk, state, number)) {
      return {};
    }
  }
  return {Code::kMissing, "open", "there is no disk on any port"};
}

Error identify(Disk& disk, State& state) {
  const Command command{ata::kIdentify, false, 0, 0, address_of(state.identity), sizeof state.identity};
  state.port.issue(0, command, false);
  const Deadline end(disk);
  while (state.port.outstanding() != 0 && !state.port.failed()) {
    if (end.passed()) {
      return {Code::kTimeout, ata::name_of(ata::kIdentify), "no answer in time",
              state.port.task_file() & 0xFF};
    }
    relax();
  }
  if (state.port.failed()) {
    return device_error(state, ata::kIdentify);
  }
  ata::Drive drive{};
  const Error error = ata::read_identity(state.identity, disk.info, drive);
  const uint32_t capabilities = state.registers.read32(kCapabilities);
  state.queuing = (capabilities & kHasQueuing) != 0 && drive.queue_depth > 1;
  const uint32_t slots = (capabilities >> 8 & 0x1F) + 1;
  const uint32_t depth = state.queuing && drive.queue_depth < slots ? drive.queue_depth : slots;
  disk.info.depth = static_cast<uint16_t>(depth);
  disk.info.buffer_alignment = 2;
  disk.info.address_limit = (capabilities & kHas64Bits) != 0 ? UINT64_MAX : k4GiB;
  state.alone = !state.queuing;
  return error;
}

}  // namespace

Error device_error(const State& state, uint8_t command) {
  const uint32_t task_file = state.port.task_file();
  return {Code::kDevice, ata::name_of(command), "task file error", task_file & 0xFF, task_file >> 8 & 0xFF};
}

Error bring_up(Disk& disk, State& state) {
  take_controller(disk, state);
  const Error error = find_port(disk, state);
  return error.failed() ? error : identify(disk, state);
}

void reset_controller(const Disk& disk, const State& state) {
  state.registers.write32(kControl, state.registers.read32(kControl) | kControllerReset);
  const Deadline end(disk);
  while ((state.registers.read32(kControl) & kControllerReset) != 0 && !end.passed()) {
    relax();
  }
  state.registers.write32(kControl, kAhciMode);
}

void put_back(const State& state) {
  state.registers.write32(kControl, state.control_before | kAhciMode);
}

}  // namespace kjump::disk::ahci
