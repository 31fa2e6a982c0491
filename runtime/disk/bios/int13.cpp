// SPDX-License-Identifier: MIT
// Disks by the BIOS's extended functions (Enhanced Disk Drive specification 3.0): for code that runs straight
// after firmware, before anybody else has driven the controllers. Blocks; data goes through the bounce
// buffer; there is no call for flushing a cache; the BIOS's own deadlines and the jump's watchdog end a call
// that hangs.
#include <kjump/payload.hpp>

#include "disk/driver.hpp"

namespace kjump::disk {

namespace int13 {
namespace {

constexpr uint16_t kVector = 0x13;
constexpr uint8_t kFirstDisk = 0x80;
constexpr uint32_t kMostDisks = 64;

constexpr uint32_t kCheckExtensions = 0x4100;
constexpr uint32_t kExtendedRead = 0x4200;
constexpr uint32_t kExtendedWrite = 0x4300;  // AL 0: do not verify
constexpr uint32_t kGetParameters = 0x4800;
constexpr uint32_t kAsk = 0x55AA;
constexpr uint32_t kAnswer = 0xAA55;
constexpr uint32_t kHasPackets = 1u << 0;  // in CX
constexpr uint32_t kCarry = 1u << 0;

// The bounce buffer: data, then what describes it.
constexpr uint32_t kDataBytes = 0xF000;
constexpr uint32_t kPacketOffset = 0xF000;

struct Packet {
  uint8_t bytes;
  uint8_t reserved;
  uint16_t sectors;
  uint16_t offset;
  uint16_t segment;
  uint64_t first;
};
static_assert(sizeof(Packet) == 16);

struct Parameters {
  uint16_t bytes;
  uint16_t flags;
  uint32_t geometry[3];
  uint32_t sectors[2];
  uint16_t sector_bytes;
};

struct State {
  uint32_t sectors_a_call;
};

template <typename T>
T& packet() {
  return *static_cast<T*>(physical(abi::kBounceBase + kPacketOffset));
}

abi::FirmwareRegisters call(uint8_t drive, uint32_t function) {
  abi::FirmwareCall call;
  call.vector = kVector;
  call.registers.eax = function;
  call.registers.ebx = kAsk;
  call.registers.edx = drive;
  call.registers.ds = static_cast<uint16_t>(abi::kBounceSegment);
  call.registers.esi = kPacketOffset;
  call.registers.eflags = abi::kFlagsFixed | kCarry;
  bios::call(call);
  return call.registers;
}

bool failed(const abi::FirmwareRegisters& registers) {
  return (registers.eflags & kCarry) != 0;
}

bool has_extensions(uint8_t drive) {
  const abi::FirmwareRegisters registers = call(drive, kCheckExtensions);
  return !failed(registers) && (registers.ebx & 0xFFFF) == kAnswer && (registers.ecx & kHasPackets) != 0;
}

bool find(uint32_t index, Place& place) {
  for (uint32_t number = 0; number < kMostDisks; ++number) {
    const auto drive = static_cast<uint8_t>(kFirstDisk + number);
    if (has_extensions(drive) && index-- == 0) {
      place = {0, 0, 0, drive};
      return true;
    }
  }
  return false;
}

Error bios_error(const char* command, const abi::FirmwareRegisters& registers) {
  return {Code::kDevice, command, "error", registers.eax >> 8 & 0xFF, 0};
}

Error open(Disk& disk) {
  if (disk.place.unit == kAnyUnit) {
    disk.place.unit = kFirstDisk;
  }
  if (!has_extensions(disk.place.unit)) {
    return {Code::kMissing, "open", "no such drive, or none with extended functions"};
  }
  auto& parameters = packet<Parameters>();
  parameters = {};
  parameters.bytes = sizeof parameters - 2;  // 26: as version 1 has it
  const abi::FirmwareRegisters registers = call(disk.place.unit, kGetParameters);
  if (failed(registers)) {
    return bios_error("GET DRIVE PARAMETERS", registers);
  }
  const uint32_t bytes = parameters.sector_bytes;
  if (bytes < 512 || bytes > 4096 || (bytes & (bytes - 1)) != 0) {
    return {Code::kUnsupported, "open", "the sectors have an odd size"};
  }
  Info& info = disk.info;
  info.sectors = parameters.sectors[0] | uint64_t{parameters.sectors[1]} << 32;
  info.sector_bytes = bytes;
  state_of<State>(disk).sectors_a_call = kDataBytes / bytes;
  info.max_transfer_bytes = kMaxTransferBytes;
  info.buffer_alignment = 1;
  info.address_limit = uint64_t{1} << 32;
  info.depth = 1;
  info.write_cache = true;  // nobody says; the careful answer
  copy_text(info.model, sizeof info.model, "BIOS", sizeof "BIOS");
  return {};
}

/// At most sectors_a_call. Never across 64 KiB: the bounce buffer begins at a multiple of that.
Error move(const Disk& disk, const Request& request, uint32_t done, uint32_t count) {
  const bool reads = request.operation == Operation::kRead;
  const uint32_t bytes = count * disk.info.sector_bytes;
  auto* data = static_cast<uint8_t*>(physical(abi::kBounceBase));
  auto* buffer = static_cast<uint8_t*>(physical(static_cast<PhysicalAddress>(request.address))) +
                 done * disk.info.sector_bytes;
  if (!reads) {
    __builtin_memcpy(data, buffer, bytes);
  }
  packet<Packet>() = {
      sizeof(Packet),       0, static_cast<uint16_t>(count), 0, static_cast<uint16_t>(abi::kBounceSegment),
      request.sector + done};
  const abi::FirmwareRegisters registers = call(disk.place.unit, reads ? kExtendedRead : kExtendedWrite);
  if (failed(registers)) {
    return bios_error(reads ? "EXTENDED READ" : "EXTENDED WRITE", registers);
  }
  if (reads) {
    __builtin_memcpy(buffer, data, bytes);
  }
  return {};
}

void start(Disk& disk, uint32_t slot) {
  const Request& request = *disk.requests[slot];
  const uint32_t most = state_of<State>(disk).sectors_a_call;
  Error error;
  for (uint32_t done = 0; done < request.count && !error.failed(); done += most) {
    const uint32_t left = request.count - done;
    error = move(disk, request, done, left < most ? left : most);
  }
  finish(disk, slot, error);
}

void poll(Disk&) {}
Error look(const Disk&, uint32_t) {
  return {};  // nothing is ever in flight
}
void stop(Disk&) {}
void close(Disk&) {}

}  // namespace
}  // namespace int13

constinit const Driver kBios = {"int13",     "drive",     "AH",        "",           sizeof(int13::State),
                                false,       int13::find, int13::open, int13::start, int13::poll,
                                int13::look, int13::stop, int13::close};

}  // namespace kjump::disk
