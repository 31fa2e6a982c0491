// SPDX-License-Identifier: MIT
// Makes three far calls: a callee that does nothing wrong, one that breaks one line of the contract, and the
// first again. The request's first character says which line, see callee_contract.asm. '!': the payload
// itself changes an interrupt vector between the calls; '*': a hundred calls change the number of disks, and
// the clock.
#include <kjump/payload.hpp>

using namespace kjump;

extern "C" char callee_contract[];  // one after another, offsets in the real segment

namespace {

constexpr uint32_t kCalleeBytes = 64;
constexpr char kPoisons[] = ".bdesDIAgi034famp2cklLthvnTxXVS";
constexpr uint32_t kManyCalls = 100;

void call(char what) {
  abi::FirmwareCall call;
  call.kind = abi::CallKind::kFarCall;
  call.registers.eflags = abi::kFlagsFixed;
  call.target_segment = abi::kRealSegment;
  uint32_t number = 0;
  while (kPoisons[number] != what && kPoisons[number] != '\0') {
    ++number;
  }
  const uint32_t first = reinterpret_cast<uintptr_t>(callee_contract);
  call.target_offset = static_cast<uint16_t>(first + number * kCalleeBytes);
  bios::call(call);
}

}  // namespace

extern "C" uint32_t kjump_main() {
  char what = '.';
  kjump::read_request(&what, 1);
  call('.');
  if (what == '*') {
    for (uint32_t i = 0; i < kManyCalls; ++i) {
      call(i % 2 == 0 ? 'n' : 'T');
    }
  } else if (what == '!') {
    *static_cast<volatile uint32_t*>(physical(0x61 * 4)) = 0xF000E05B;
  } else {
    call(what);
  }
  call('.');
  return 0;
}
