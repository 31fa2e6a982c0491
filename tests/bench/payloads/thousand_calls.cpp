// SPDX-License-Identifier: MIT
// A thousand BIOS calls in one passage. The reply's space holds the results of 455 calls of a batch; this
// payload looks at each result and keeps only how many calls were not answered, which is its status.
#include <kjump/payload.hpp>

using namespace kjump;

namespace {

struct Call {
  uint16_t vector;
  uint32_t eax;  ///< such that every answer differs from it
  uint32_t ecx;
  uint32_t edx;
};

constexpr Call kCalls[] = {
    {0x11, 0xFFFF, 0, 0},            // equipment
    {0x12, 0xFFFF, 0, 0},            // conventional memory
    {0x15, 0xE820, 24, 0x534D4150},  // first entry of the memory map
    {0x1A, 0x00FF, 0, 0},            // ticks since midnight
};
constexpr int kRounds = 250;

bool answered(const Call& call) {
  abi::FirmwareCall record;
  record.vector = call.vector;
  record.registers.eax = call.eax;
  record.registers.ecx = call.ecx;
  record.registers.edx = call.edx;
  record.registers.es = abi::kBounceSegment;
  record.registers.eflags = abi::kFlagsCarry;
  bios::call(record);
  return record.registers.eax != call.eax;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  uint32_t wrong = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const Call& call : kCalls) {
      wrong += answered(call) ? 0 : 1;
    }
  }
  return wrong;
}
