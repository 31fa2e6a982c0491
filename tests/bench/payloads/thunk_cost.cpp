// SPDX-License-Identifier: MIT
// Measures firmware calls in TSC ticks. Under QEMU's -icount shift=0 a tick is one guest instruction, and the
// numbers are the same on every machine. The reply is one uint32_t per entry of kCalls, least of several
// runs, less the cost of the measurement itself.
#include <kjump/payload.hpp>

using namespace kjump;

extern "C" char bench_empty_callee[];  // a RETF in the real segment

namespace {

struct Call {
  abi::CallKind kind;
  uint16_t vector;
  uint32_t eax;
  uint32_t ecx;
  uint32_t edx;
};

constexpr Call kCalls[] = {
    {abi::CallKind::kFarCall, 0, 0, 0, 0},                      // nothing but the round trip
    {abi::CallKind::kInterrupt, 0x12, 0, 0, 0},                 // conventional memory
    {abi::CallKind::kInterrupt, 0x15, 0xE820, 24, 0x534D4150},  // first entry of the memory map
    {abi::CallKind::kInterrupt, 0x10, 0x4F01, 0x112, 0},        // VBE mode information
};
constexpr int kRuns = 5;

uint32_t ticks() {
  uint32_t low = 0;
  asm volatile("rdtsc" : "=a"(low) : : "edx", "memory");
  return low;
}

uint32_t cost_of(const Call& call) {
  uint32_t least = UINT32_MAX;
  for (int run = 0; run < kRuns; ++run) {
    abi::FirmwareCall record;
    record.kind = call.kind;
    record.vector = call.vector;
    record.target_segment = abi::kRealSegment;
    record.target_offset = static_cast<uint16_t>(reinterpret_cast<uintptr_t>(bench_empty_callee));
    record.registers.eax = call.eax;
    record.registers.ecx = call.ecx;
    record.registers.edx = call.edx;
    record.registers.es = abi::kBounceSegment;
    record.registers.eflags = abi::kFlagsCarry;
    const uint32_t empty = ticks();
    const uint32_t before = ticks();
    bios::call(record);
    const uint32_t after = ticks();
    const uint32_t spent = (after - before) - (before - empty);
    least = spent < least ? spent : least;
  }
  return least;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  for (const Call& call : kCalls) {
    const uint32_t cost = cost_of(call);
    write_reply(&cost, sizeof cost);
  }
  return 0;
}
