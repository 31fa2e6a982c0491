// SPDX-License-Identifier: MIT
// AHCI: native command queuing where controller and drive have it, else one command at a time.
//
// After an error of a queued command nobody says which one failed but a log of the drive's. So: reset the
// port, then repeat alone, in the order of slots, whatever had not ended. The one that fails again is the
// one, and the registers are its own. Commands here may be repeated: no two in flight touch the same sectors
// to good purpose.
#include "disk/ahci/port.hpp"
#include "disk/clock.hpp"
#include "disk/pci.hpp"

namespace kjump::disk {

namespace ahci {
namespace {

constexpr uint32_t kClassCode = 0x010601;
constexpr uint32_t kBarNumber = 5;

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
constexpr uint32_t kRegistersBytes = 0x1100;
constexpr uint64_t k4GiB = uint64_t{1} << 32;

struct State {
  PortMemory memory;
  alignas(512) uint16_t identity[256];
  Registers registers;
  Port port;
  pci::Taken taken;
  uint32_t control_before;
  bool port_taken;
  bool queuing;
  bool alone;        ///< one command at a time: no queuing, a flush, or repeating after an error
  uint32_t waiting;  ///< slots whose commands are yet to be issued, alone
  uint32_t issued;   ///< slots that the port has
};
static_assert(sizeof(State) <= kStorageBytes);

bool is_ahci(const Place& place) {
  return pci::has_class(place, kClassCode, false);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_ahci, index, place);
}

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

Error device_error(const State& state, uint8_t command) {
  const uint32_t task_file = state.port.task_file();
  return {Code::kDevice, ata::name_of(command), "task file error", task_file & 0xFF, task_file >> 8 & 0xFF};
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

Error open(Disk& disk) {
  auto& state = state_of<State>(disk);
  Error error = pci::take(disk.place, is_ahci, state.taken);
  const pci::Bar bar = error.failed() ? pci::Bar{} : pci::read_bar(disk.place, kBarNumber);
  error = error.failed() ? error : bar.error;
  error = error.failed() ? error : pci::map(bar.address, kRegistersBytes);
  if (error.failed()) {
    pci::give_back(disk.place, state.taken);
    state.taken.taken = false;
    return error;
  }
  state.registers = Registers(bar.address);
  take_controller(disk, state);
  error = find_port(disk, state);
  return error.failed() ? error : identify(disk, state);
}

Command command_of(const Disk& disk, const Request& request, bool queued) {
  if (request.operation == Operation::kFlush) {
    return {ata::kFlushExt, false, 0, 0, 0, 0};
  }
  const bool writes = request.operation == Operation::kWrite;
  const uint8_t code = queued ? (writes ? ata::kWriteQueued : ata::kReadQueued)
                              : (writes ? ata::kWriteDmaExt : ata::kReadDmaExt);
  return {code, writes, request.count, request.sector, request.address, bytes_of(disk, request)};
}

Error look(const Disk& disk, uint32_t slot) {
  const auto& state = state_of<State>(disk);
  Error error = device_error(state, command_of(disk, *disk.requests[slot], !state.alone).command);
  error.code = Code::kNone;
  return error;
}

void issue(Disk& disk, State& state, uint32_t slot) {
  const Request& request = *disk.requests[slot];
  const bool queued = !state.alone && request.operation != Operation::kFlush;
  state.issued |= 1u << slot;
  state.port.issue(slot, command_of(disk, request, queued), queued);
}

void issue_next(Disk& disk, State& state) {
  if (state.issued != 0) {
    return;
  }
  if (state.waiting == 0) {
    state.alone = !state.queuing;
    return;
  }
  const auto slot = static_cast<uint32_t>(__builtin_ctz(state.waiting));
  state.waiting &= ~(1u << slot);
  issue(disk, state, slot);
}

void start(Disk& disk, uint32_t slot) {
  auto& state = state_of<State>(disk);
  if (!state.alone) {
    issue(disk, state, slot);
    return;
  }
  state.waiting |= 1u << slot;
  issue_next(disk, state);
}

void recover(Disk& disk, State& state, uint32_t unfinished) {
  if (state.alone) {
    const auto slot = static_cast<uint32_t>(__builtin_ctz(state.issued));
    finish(disk, slot, device_error(state, command_of(disk, *disk.requests[slot], false).command));
  } else {
    state.waiting |= unfinished;
    state.alone = true;
  }
  state.issued = 0;
  if (state.port.stop(disk) && state.port.reset(disk)) {
    state.port.start();
    issue_next(disk, state);
  }  // else: nothing more ends, and the deadline comes
}

void poll(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (state.issued == 0) {
    return;
  }
  // In this order: what ended after the question is found ended the next time.
  const bool failed = state.port.failed();
  const uint32_t outstanding = state.port.outstanding();
  uint32_t done = state.issued & ~outstanding;
  if (failed && (state.alone || state.port.failed())) {
    // Who is marked as ended beside a failure may be the one that failed: QEMU 7.2 clears its bit, too.
    recover(disk, state, state.issued);
    return;
  }
  state.issued &= outstanding;
  while (done != 0) {
    const auto slot = static_cast<uint32_t>(__builtin_ctz(done));
    done &= ~(1u << slot);
    finish(disk, slot);
  }
  if (state.alone) {
    issue_next(disk, state);
  }
}

void reset_controller(Disk& disk, const State& state) {
  state.registers.write32(kControl, state.registers.read32(kControl) | kControllerReset);
  const Deadline end(disk);
  while ((state.registers.read32(kControl) & kControllerReset) != 0 && !end.passed()) {
    relax();
  }
  state.registers.write32(kControl, kAhciMode);
}

void stop(Disk& disk) {
  auto& state = state_of<State>(disk);
  state.issued = 0;
  state.waiting = 0;
  // A port that does not stop still owns the memory: then all ports are reset.
  if (!state.port.stop(disk)) {
    reset_controller(disk, state);
  }
}

void close(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (!state.taken.taken) {
    return;
  }
  if (state.port_taken) {
    stop(disk);
    state.port.put_back();
  }
  state.registers.write32(kControl, state.control_before | kAhciMode);
  pci::give_back(disk.place, state.taken);
}

}  // namespace
}  // namespace ahci

constinit const Driver kAhci = {"ahci",     "port",     "status",   "error",     sizeof(ahci::State),
                                true,       ahci::find, ahci::open, ahci::start, ahci::poll,
                                ahci::look, ahci::stop, ahci::close};

}  // namespace kjump::disk
