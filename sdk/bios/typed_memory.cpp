// SPDX-License-Identifier: MIT
// The memory map. Rules for E820 from Linux arch/x86/boot/memory.c and iPXE int15.c (T53).
#include <cstddef>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kSmap = 0x534D4150;  // 'SMAP'
constexpr std::uint32_t kEntryBytes = 24;    // ACPI 3.0; older firmware fills 20
constexpr std::uint32_t kShortEntryBytes = 20;
constexpr std::uint16_t kMostEntries = 256;  // Linux takes 128; enough to tell an endless list

enum MemorySteps : std::uint32_t { kE820, kBaseMemory };

Result<MemoryRange> decode_entry(const CallResult& call) {
  const std::uint32_t filled = call.registers.ecx;
  if (filled < kShortEntryBytes || call.buffer.size() != kEntryBytes) {
    return fail(ErrorCode::kGuest,
                fmt::format("entry {} has {} bytes instead of 20 or 24", call.iteration, filled),
                "INT 15h E820");
  }
  MemoryRange range;
  range.base = field<std::uint64_t>(call.buffer, 0);
  range.bytes = field<std::uint64_t>(call.buffer, 8);
  range.type = field<std::uint32_t>(call.buffer, 16);
  if (filled >= kEntryBytes) {
    range.attributes = field<std::uint32_t>(call.buffer, 20);
  }
  return range;
}

}  // namespace

Batch memory_map_batch() {
  Step e820 = service(0x15, 0xE820);
  e820.call.registers.edx = kSmap;
  e820.call.registers.ecx = kEntryBytes;
  e820.call.registers.es = abi::kBounceSegment;
  add_buffer(e820, 0, kEntryBytes);
  e820.repeat = abi::BatchRepeat::kWhileNonZero;
  e820.repeat_register = offsetof(abi::FirmwareRegisters, ebx);
  e820.repeat_limit = kMostEntries;
  Batch batch;
  batch.add(std::move(e820)).add(interrupt(0x12));
  return batch;
}

Result<MemoryMap> decode_memory_map(const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  MemoryMap map;
  for (const CallResult* call : reply.calls_of(kE820)) {
    // An error ends the list like EBX=0 does, except on the first call, where it means "unsupported".
    if (call->carry()) {
      map.ended_by_carry = true;
      break;
    }
    if (call->registers.eax != kSmap) {
      // Linux drops the whole list then: some firmware loses 'SMAP' when it goes astray.
      return fail(ErrorCode::kGuest,
                  fmt::format("the answer to entry {} is not signed 'SMAP' but {:#010x}", call->iteration,
                              call->registers.eax),
                  "INT 15h E820", "do not trust this firmware's memory map");
    }
    KJUMP_TRY(const MemoryRange range, decode_entry(*call));
    map.ranges.push_back(range);
  }
  if (map.ranges.empty()) {
    return fail(ErrorCode::kUnsupported, "the firmware has no memory map", "INT 15h E820");
  }
  if (reply.status == abi::BatchStatus::kLimit) {
    return fail(ErrorCode::kGuest, fmt::format("the memory map does not end after {} entries", kMostEntries),
                "INT 15h E820");
  }
  KJUMP_TRY(const CallResult* base_memory, answer(reply, kBaseMemory));
  map.base_memory_kib = low16(base_memory->registers.eax);
  return map;
}

Result<MemoryMap> memory_map(Target& target) {
  return run_and_decode(target, memory_map_batch(), decode_memory_map);
}

}  // namespace kjump::bios
