// SPDX-License-Identifier: MIT
// AHCI: native command queuing where controller and drive have it, else one command at a time.
//
// After an error of a queued command nobody says which one failed but a log of the drive's. So: reset the
// port, then repeat alone, in the order of slots, whatever had not ended. The one that fails again is the
// one, and the registers are its own. Commands here may be repeated: no two in flight touch the same sectors
// to good purpose.
#include "disk/ahci/state.hpp"

namespace kjump::disk {

namespace ahci {
namespace {

constexpr uint32_t kClassCode = 0x010601;
constexpr uint32_t kBarNumber = 5;
constexpr uint32_t kRegistersBytes = 0x1100;

bool is_ahci(const Place& place) {
  return pci::has_class(place, kClassCode, false);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_ahci, index, place);
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
  return bring_up(disk, state);
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
  put_back(state);
  pci::give_back(disk.place, state.taken);
}

}  // namespace
}  // namespace ahci

constinit const Driver kAhci = {"ahci",     "port",     "status",   "error",     sizeof(ahci::State),
                                true,       ahci::find, ahci::open, ahci::start, ahci::poll,
                                ahci::look, ahci::stop, ahci::close};

}  // namespace kjump::disk
