// SPDX-License-Identifier: MIT
// Bring-up of an NVMe controller (NVM Express 1.4, 7.6.1) and its end.
#include "disk/clock.hpp"
#include "disk/nvme/state.hpp"

namespace kjump::disk::nvme {

namespace {

// 3.1: controller registers.
constexpr uint32_t kCapabilities = 0x00;
constexpr uint32_t kInterruptMaskSet = 0x0C;
constexpr uint32_t kConfiguration = 0x14;
constexpr uint32_t kEnable = 1u << 0;
constexpr uint32_t kEntrySizes = 6u << 16 | 4u << 20;  // 64 and 16 bytes
constexpr uint32_t kShutdownNormal = 1u << 14;
constexpr uint32_t kShutdownMask = 3u << 14;
constexpr uint32_t kReady = 1u << 0;
constexpr uint32_t kFatal = 1u << 1;
constexpr uint32_t kShutdownStatus = 3u << 2;
constexpr uint32_t kShutdownDone = 2u << 2;
constexpr uint32_t kAdminSizes = 0x24;
constexpr uint32_t kAdminSubmission = 0x28;
constexpr uint32_t kAdminCompletion = 0x30;

// 5: admin commands.
constexpr uint32_t kCreateSubmission = 0x01;
constexpr uint32_t kCreateCompletion = 0x05;
constexpr uint32_t kIdentify = 0x06;
constexpr uint32_t kSetFeatures = 0x09;
constexpr uint32_t kGetFeatures = 0x0A;
constexpr uint32_t kFeatureWriteCache = 0x06;
constexpr uint32_t kFeatureQueues = 0x07;
constexpr uint32_t kIdentifyNamespace = 0;
constexpr uint32_t kIdentifyController = 1;
constexpr uint32_t kContiguous = 1;  // CDW11 bit 0 of both create commands; no interrupts
constexpr uint32_t kIoQueue = 1;

// 5.15.2.1 (namespace) and 5.15.2.2 (controller): offsets.
constexpr uint32_t kSerial = 4;
constexpr uint32_t kSerialBytes = 20;
constexpr uint32_t kModel = 24;
constexpr uint32_t kModelBytes = 40;
constexpr uint32_t kMdts = 77;
constexpr uint32_t kVolatileCache = 525;
constexpr uint32_t kFormattedSize = 26;
constexpr uint32_t kFormats = 128;

Error command_error(const char* name, const Ended& ended) {
  return {Code::kDevice, name, "refused by the controller", ended.type, ended.code};
}

bool wait_ready(Disk& disk, const State& state, bool ready) {
  const Deadline end(disk);
  while (((state.registers.read32(kControllerStatus) & kReady) != 0) != ready) {
    if (end.passed() || (ready && (state.registers.read32(kControllerStatus) & kFatal) != 0)) {
      return false;
    }
    relax();
  }
  return true;
}

Error admin(Disk& disk, State& state, const Command& command, const char* name, uint32_t* result = nullptr) {
  state.admin.submit(command, 0);
  const Deadline end(disk);
  Ended ended{};
  while (!state.admin.take_ended(ended)) {
    if (end.passed()) {
      return {Code::kTimeout, name, "no answer in time", 0, state.registers.read32(kControllerStatus)};
    }
    relax();
  }
  if (result != nullptr) {
    *result = ended.result;
  }
  return ended.type == 0 && ended.code == 0 ? Error{} : command_error(name, ended);
}

Error enable(Disk& disk, State& state) {
  const uint64_t capabilities = state.registers.read64(kCapabilities);
  if ((capabilities >> 48 & 0xF) != 0 || (capabilities & 0xFFFF) + 1 < kEntries) {
    return {Code::kUnsupported, "open", "no pages of 4 KiB or no queues of 64 entries"};
  }
  if (!disable(disk, state)) {
    return {Code::kTimeout, "reset", "no answer in time", 0, state.registers.read32(kControllerStatus)};
  }
  const auto stride = static_cast<uint32_t>(capabilities >> 32 & 0xF);
  state.admin.set_up(state.admin_memory, state.registers, 0, stride);
  state.io.set_up(state.io_memory, state.registers, kIoQueue, stride);
  state.registers.write32(kInterruptMaskSet, UINT32_MAX);
  state.registers.write32(kAdminSizes, (kEntries - 1) << 16 | (kEntries - 1));
  state.registers.write64(kAdminSubmission, address_of(state.admin_memory.commands));
  state.registers.write64(kAdminCompletion, address_of(state.admin_memory.completions));
  state.registers.write32(kConfiguration, kEntrySizes | kEnable);
  if (!wait_ready(disk, state, true)) {
    return {Code::kTimeout, "enable", "the controller does not get ready", 0,
            state.registers.read32(kControllerStatus)};
  }
  return {};
}

Error identify(Disk& disk, State& state, uint32_t what, uint32_t name_space) {
  Command command{};
  command.opcode_and_id = kIdentify;
  command.name_space = name_space;
  command.prp1 = address_of(state.identify);
  command.dwords[0] = what;
  return admin(disk, state, command, "IDENTIFY");
}

Error identify_controller(Disk& disk, State& state) {
  const Error error = identify(disk, state, kIdentifyController, 0);
  if (error.failed()) {
    return error;
  }
  const auto* text = reinterpret_cast<const char*>(state.identify);
  copy_text(disk.info.serial, sizeof disk.info.serial, text + kSerial, kSerialBytes);
  copy_text(disk.info.model, sizeof disk.info.model, text + kModel, kModelBytes);
  const uint32_t shift = state.identify[kMdts];  // 0: no limit; else pages, as a power of two
  disk.info.max_transfer_bytes =
      shift != 0 && shift < 16 && kPageBytes << shift < kMostTransfer ? kPageBytes << shift : kMostTransfer;
  if ((state.identify[kVolatileCache] & 1) == 0) {
    return {};
  }
  Command command{};
  command.opcode_and_id = kGetFeatures;
  command.dwords[0] = kFeatureWriteCache;
  uint32_t on = 0;
  const Error asked = admin(disk, state, command, "GET FEATURES", &on);
  disk.info.write_cache = asked.failed() || (on & 1) != 0;
  return asked.code == Code::kTimeout ? asked : Error{};
}

Error identify_namespace(Disk& disk, State& state) {
  state.name_space = disk.place.unit == kAnyUnit ? 1 : disk.place.unit;
  disk.place.unit = static_cast<uint8_t>(state.name_space);
  const Error error = identify(disk, state, kIdentifyNamespace, state.name_space);
  if (error.failed()) {
    return error;
  }
  const uint64_t sectors = state.identify_words[0] | uint64_t{state.identify_words[1]} << 32;
  const uint32_t format = state.identify_words[kFormats / 4 + (state.identify[kFormattedSize] & 0xF)];
  state.sector_shift = format >> 16 & 0xFF;
  if (sectors == 0) {
    return {Code::kMissing, "open", "the namespace is not there"};
  }
  if ((format & 0xFFFF) != 0 || state.sector_shift < 9 || state.sector_shift > 12) {
    return {Code::kUnsupported, "open", "sectors with metadata or of an odd size", 0, format};
  }
  disk.info.sectors = sectors;
  disk.info.sector_bytes = 1u << state.sector_shift;
  return {};
}

Error make_queue(Disk& disk, State& state, uint32_t opcode, const volatile void* memory, uint32_t flags,
                 const char* name) {
  Command command{};
  command.opcode_and_id = opcode;
  command.prp1 = address_of(memory);
  command.dwords[0] = (kEntries - 1) << 16 | kIoQueue;
  command.dwords[1] = flags | kContiguous;
  return admin(disk, state, command, name);
}

Error make_queues(Disk& disk, State& state) {
  Command command{};
  command.opcode_and_id = kSetFeatures;
  command.dwords[0] = kFeatureQueues;  // one of each: 0-based
  Error error = admin(disk, state, command, "SET FEATURES");
  if (!error.failed()) {
    error = make_queue(disk, state, kCreateCompletion, state.io_memory.completions, 0,
                       "CREATE I/O COMPLETION QUEUE");
  }
  if (!error.failed()) {
    error = make_queue(disk, state, kCreateSubmission, state.io_memory.commands, kIoQueue << 16,
                       "CREATE I/O SUBMISSION QUEUE");
  }
  return error;
}

}  // namespace

bool disable(Disk& disk, const State& state) {
  state.registers.write32(kConfiguration, state.registers.read32(kConfiguration) & ~kEnable);
  return wait_ready(disk, state, false);
}

void shut_down(Disk& disk, const State& state) {
  const uint32_t configuration = state.registers.read32(kConfiguration) & ~kShutdownMask;
  state.registers.write32(kConfiguration, configuration | kShutdownNormal);
  const Deadline end(disk);
  while ((state.registers.read32(kControllerStatus) & kShutdownStatus) != kShutdownDone && !end.passed()) {
    relax();
  }
  (void)disable(disk, state);
}

Error bring_up(Disk& disk, State& state) {
  Error error = enable(disk, state);
  if (!error.failed()) {
    error = identify_controller(disk, state);
  }
  if (!error.failed()) {
    error = identify_namespace(disk, state);
  }
  return error.failed() ? error : make_queues(disk, state);
}

}  // namespace kjump::disk::nvme
