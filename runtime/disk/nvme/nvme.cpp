// SPDX-License-Identifier: MIT
// NVMe: one I/O queue pair, requests of up to 512 KiB.
#include "disk/nvme/state.hpp"

namespace kjump::disk {

namespace nvme {
namespace {

constexpr uint32_t kClassCode = 0x010802;

// NVM Express 1.4, 6: NVM commands.
constexpr uint32_t kFlush = 0x00;
constexpr uint32_t kWrite = 0x01;
constexpr uint32_t kRead = 0x02;

bool is_nvme(const Place& place) {
  return pci::has_class(place, kClassCode, false);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_nvme, index, place);
}

Error open(Disk& disk) {
  auto& state = state_of<State>(disk);
  Error error = pci::take(disk.place, is_nvme, state.taken);
  const pci::Bar bar = error.failed() ? pci::Bar{} : pci::read_bar(disk.place, 0);
  error = error.failed() ? error : bar.error;
  error = error.failed() ? error : pci::map(bar.address, kRegistersBytes);
  if (error.failed()) {
    pci::give_back(disk.place, state.taken);
    state.taken.taken = false;
    return error;
  }
  state.registers = Registers(bar.address);
  disk.info.depth = kMaxDepth;
  disk.info.buffer_alignment = 4;
  disk.info.address_limit = UINT64_MAX;
  disk.info.can_flush = true;
  return bring_up(disk, state);
}

/// 4.3: the first page, then the second or a list of all others.
void set_pages(State& state, uint32_t slot, uint64_t address, uint32_t bytes, Command& command) {
  command.prp1 = address;
  const uint64_t second = (address & ~uint64_t{kPageBytes - 1}) + kPageBytes;
  const uint64_t end = address + bytes;
  if (second >= end) {
    return;
  }
  if (second + kPageBytes >= end) {
    command.prp2 = second;
    return;
  }
  command.prp2 = address_of(state.lists[slot]);
  uint32_t number = 0;
  for (uint64_t page = second; page < end; page += kPageBytes) {
    state.lists[slot][number++] = page;
  }
}

void start(Disk& disk, uint32_t slot) {
  auto& state = state_of<State>(disk);
  const Request& request = *disk.requests[slot];
  Command command{};
  command.name_space = state.name_space;
  command.opcode_and_id = kFlush;
  if (request.operation != Operation::kFlush) {
    command.opcode_and_id = request.operation == Operation::kRead ? kRead : kWrite;
    command.dwords[0] = low(request.sector);
    command.dwords[1] = high(request.sector);
    command.dwords[2] = request.count - 1;
    set_pages(state, slot, request.address, bytes_of(disk, request), command);
  }
  state.io.submit(command, slot);
}

// NVM Express 1.4, 4.6.1.2: types of status, and media errors by code.
const char* reason_of(const Ended& ended) {
  if (ended.type == 0) {
    return ended.code == 0x06 ? "internal error" : ended.code == 0x80 ? "sector out of range" : "I/O error";
  }
  if (ended.type != 2) {
    return "error specific to the command";
  }
  return ended.code == 0x81   ? "unrecovered read error"
         : ended.code == 0x80 ? "write fault, medium error"
                              : "medium or data error";
}

const char* name_of(Operation operation) {
  return operation == Operation::kRead ? "READ" : operation == Operation::kWrite ? "WRITE" : "FLUSH";
}

/// The controller's status register where a command has its own.
Error look(const Disk& disk, uint32_t slot) {
  return {Code::kNone, name_of(disk.requests[slot]->operation), "", 0,
          state_of<State>(disk).registers.read32(kControllerStatus)};
}

void poll(Disk& disk) {
  auto& state = state_of<State>(disk);
  Ended ended{};
  while (state.io.take_ended(ended)) {
    if (ended.id >= kMaxDepth || (disk.running >> ended.id & 1) == 0) {
      continue;
    }
    if (ended.type == 0 && ended.code == 0) {
      finish(disk, ended.id);
      continue;
    }
    finish(disk, ended.id,
           {Code::kDevice, name_of(disk.requests[ended.id]->operation), reason_of(ended), ended.type,
            ended.code});
  }
}

void stop(Disk& disk) {
  (void)disable(disk, state_of<State>(disk));
}

void close(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (!state.taken.taken) {
    return;
  }
  // A controller that did not answer is not asked for more than it takes to silence it.
  disk.broken || disk.driver == nullptr ? static_cast<void>(disable(disk, state)) : shut_down(disk, state);
  pci::give_back(disk.place, state.taken);
}

}  // namespace
}  // namespace nvme

constinit const Driver kNvme = {"nvme",     "namespace", "status type", "code",      sizeof(nvme::State),
                                true,       nvme::find,  nvme::open,    nvme::start, nvme::poll,
                                nvme::look, nvme::stop,  nvme::close};

}  // namespace kjump::disk
