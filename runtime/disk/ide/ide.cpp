// SPDX-License-Identifier: MIT
// IDE: one request at a time, by the bus master where there is one and the drive has a DMA mode selected,
// else through the data port, a sector a poll.
#include "disk/clock.hpp"
#include "disk/ide/channel.hpp"

namespace kjump::disk {

namespace ide {
namespace {

constexpr uint32_t kClassCode = 0x010100;
constexpr uint64_t k4GiB = uint64_t{1} << 32;
constexpr uint32_t k64KiB = 0x10000;
constexpr uint32_t kLastRegion = 1u << 31;
constexpr uint32_t kBounceBytes = 0x8000;

struct State {
  alignas(512) Region regions[kRegions];
  uint16_t identity[256];
  Channel channel;
  pci::Taken taken;
  bool drive_taken;
  bool dma;
  uint8_t command;        ///< that runs
  uint32_t sectors_left;  ///< through the data port
  uint64_t address;       ///< of the next one

  // By the bus master.
  uint64_t sector;    ///< of the piece that runs, whose buffer is at `address`
  uint32_t piece;     ///< its sectors
  uint32_t dma_left;  ///< sectors, those of the piece among them
  bool bounced;       ///< the piece goes through `bounce`
  alignas(2) uint8_t bounce[kBounceBytes];
};
static_assert(sizeof(State) <= kStorageBytes && sizeof(State::regions) <= 512);

bool is_ide(const Place& place) {
  return pci::has_class(place, kClassCode, true);
}

bool find(uint32_t index, Place& place) {
  return pci::find(is_ide, index, place);
}

Error device_error(const State& state, const char* reason) {
  return {Code::kDevice, ata::name_of(state.command), reason, state.channel.status(), state.channel.error()};
}

/// False: not a disk.
bool identify(Disk& disk, State& state) {
  if (!state.channel.select(disk)) {
    return false;
  }
  state.command = ata::kIdentify;
  state.channel.command(ata::kIdentify, 0, 0);
  const Deadline end(disk);
  uint8_t status = state.channel.status();
  while ((status & ata::kBusy) != 0 && !end.passed()) {
    relax();
    status = state.channel.status();
  }
  if ((status & (ata::kBusy | ata::kError | ata::kDataRequest)) != ata::kDataRequest ||
      state.channel.has_foreign_signature()) {
    return false;
  }
  state.channel.read_words(state.identity, 256);
  return true;
}

Error find_drive(Disk& disk, State& state) {
  const uint32_t wanted = disk.place.unit;
  for (uint32_t unit = 0; unit < kUnits; ++unit) {
    if (wanted != kAnyUnit && wanted != unit) {
      continue;
    }
    const Error error = state.channel.set_up(disk.place, unit);
    if (!error.failed() && identify(disk, state)) {
      disk.place.unit = static_cast<uint8_t>(unit);
      state.drive_taken = true;
      return {};
    }
  }
  return {Code::kMissing, "open", "there is no disk"};
}

Error open(Disk& disk) {
  auto& state = state_of<State>(disk);
  Error error = pci::take(disk.place, is_ide, state.taken);
  if (!error.failed()) {
    error = find_drive(disk, state);
  }
  if (error.failed()) {
    return error;
  }
  ata::Drive drive{};
  error = ata::read_identity(state.identity, disk.info, drive);
  state.dma = state.channel.has_bus_master() && drive.dma_selected && !disk.no_dma;
  disk.info.depth = 1;
  disk.info.buffer_alignment = 2;
  // The bus master has 32 address lines; what lies above is copied, where the processor reaches it.
  disk.info.address_limit = sizeof(void*) > sizeof(uint32_t) ? UINT64_MAX : k4GiB;
  return error;
}

/// Even addresses, no region across 64 KiB (Bus Master IDE 1.0, 1.2).
void set_regions(State& state, uint32_t address, uint32_t bytes) {
  uint32_t number = 0;
  while (bytes != 0) {
    const uint32_t room = k64KiB - address % k64KiB;
    const uint32_t part = bytes < room ? bytes : room;
    state.regions[number] = {address, part % k64KiB};
    address += part;
    bytes -= part;
    state.regions[number].bytes |= bytes == 0 ? kLastRegion : 0;
    ++number;
  }
}

void* memory_at(uint64_t address) {
  return reinterpret_cast<void*>(static_cast<uintptr_t>(address));
}

/// All that is left at once where the bus master can reach the buffer, else as much as the bounce buffer
/// holds.
void start_piece(const Disk& disk, State& state) {
  const bool reads = state.command == ata::kReadDmaExt;
  const uint32_t sector_bytes = disk.info.sector_bytes;
  const uint32_t most = kBounceBytes / sector_bytes;
  state.bounced = state.address + uint64_t{state.dma_left} * sector_bytes > k4GiB;
  state.piece = state.bounced && state.dma_left > most ? most : state.dma_left;
  const uint32_t bytes = state.piece * sector_bytes;
  if (state.bounced && !reads) {
    __builtin_memcpy(state.bounce, memory_at(state.address), bytes);
  }
  set_regions(state, low(state.bounced ? address_of(state.bounce) : state.address), bytes);
  state.channel.prepare_dma(state.regions, reads);
  state.channel.command(state.command, state.sector, state.piece);
  state.channel.start_dma(reads);
}

/// True: another one has begun.
bool end_piece(const Disk& disk, State& state) {
  const uint32_t bytes = state.piece * disk.info.sector_bytes;
  if (state.bounced && state.command == ata::kReadDmaExt) {
    order_memory();
    __builtin_memcpy(memory_at(state.address), state.bounce, bytes);
  }
  state.address += bytes;
  state.sector += state.piece;
  state.dma_left -= state.piece;
  if (state.dma_left == 0) {
    return false;
  }
  start_piece(disk, state);
  return true;
}

void start(Disk& disk, uint32_t slot) {
  auto& state = state_of<State>(disk);
  const Request& request = *disk.requests[slot];
  state.sectors_left = 0;
  if (request.operation == Operation::kFlush) {
    state.command = ata::kFlushExt;
    state.channel.command(state.command, 0, 0);
    return;
  }
  const bool reads = request.operation == Operation::kRead;
  state.address = request.address;
  if (state.dma) {
    state.command = reads ? ata::kReadDmaExt : ata::kWriteDmaExt;
    state.sector = request.sector;
    state.dma_left = request.count;
    start_piece(disk, state);
    return;
  }
  state.command = reads ? ata::kReadSectorsExt : ata::kWriteSectorsExt;
  state.sectors_left = request.count;
  state.channel.command(state.command, request.sector, request.count);
}

bool is_dma(uint8_t command) {
  return command == ata::kReadDmaExt || command == ata::kWriteDmaExt;
}

/// The drive waits for a sector to be taken or given.
void move_sector(const Disk& disk, State& state) {
  auto* data = static_cast<uint16_t*>(memory_at(state.address));
  const uint32_t words = disk.info.sector_bytes / 2;
  state.command == ata::kReadSectorsExt ? state.channel.read_words(data, words)
                                        : state.channel.write_words(data, words);
  state.address += disk.info.sector_bytes;
  --state.sectors_left;
  for (int i = 0; i < 4; ++i) {
    (void)state.channel.status();  // 400 ns
  }
}

void poll(Disk& disk) {
  auto& state = state_of<State>(disk);
  const uint8_t status = state.channel.status();
  if ((status & ata::kBusy) != 0) {
    return;
  }
  const bool failed = (status & (ata::kError | ata::kFault)) != 0;
  if (!failed && (status & ata::kDataRequest) != 0) {
    if (state.sectors_left != 0) {
      move_sector(disk, state);
    }
    return;  // a drive in DMA asks, too
  }
  const bool dma = is_dma(state.command);
  const bool bus_failed = dma && state.channel.end_dma();
  if (dma && !failed && !bus_failed && end_piece(disk, state)) {
    return;
  }
  if (failed) {
    finish(disk, 0, device_error(state, "task file error"));
  } else if (bus_failed || state.sectors_left != 0) {
    finish(disk, 0, device_error(state, bus_failed ? "bus master error" : "the drive ended too early"));
  } else {
    finish(disk, 0);
  }
}

Error look(const Disk& disk, uint32_t) {
  return device_error(state_of<State>(disk), "");
}

void stop(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (state.channel.has_bus_master()) {
    (void)state.channel.end_dma();
  }
  state.channel.reset(disk);
}

void close(Disk& disk) {
  auto& state = state_of<State>(disk);
  if (state.drive_taken && state.channel.has_bus_master()) {
    (void)state.channel.end_dma();
  }
  pci::give_back(disk.place, state.taken);
}

}  // namespace
}  // namespace ide

constinit const Driver kIde = {"ide",     "drive",   "status",  "error",    sizeof(ide::State),
                               true,      ide::find, ide::open, ide::start, ide::poll,
                               ide::look, ide::stop, ide::close};

}  // namespace kjump::disk
