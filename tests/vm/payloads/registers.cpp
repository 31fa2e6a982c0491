// SPDX-License-Identifier: MIT
// Rule: a firmware call hands the callee exactly the registers, segments and flags of its record, returns
// exactly what the callee left, and the processor is whole afterwards whatever the callee did.
//
// Every register has a pattern of its own, in and out, so that no two can be mixed up. The reply is one
// Check per comparison; the status is the number of those that failed. A request of one byte "s"
// sabotages the expectation of EBX: the test then expects exactly the checks on EBX to fail.
#include <kjump/payload.hpp>

#include "support/io_port.hpp"

using namespace kjump;

extern "C" {
// Linked at their offsets in the real segment; physical address = kRealBase + offset.
extern char callee_echo_interrupt[], callee_echo_far[], callee_poison[], callee_seen[], callee_gives[];
}

namespace {

struct Check {
  char name[24];
  uint32_t expected;
  uint32_t found;
};

uint32_t failures = 0;
uint32_t sabotage = 0;

constexpr uint32_t kArithmeticFlags = 0x8D5;  // CF PF AF ZF SF OF
constexpr uint8_t kTestVector = 0x6F;

void check(const char* name, uint32_t expected, uint32_t found) {
  Check line{};
  for (size_t i = 0; i + 1 < sizeof line.name && name[i] != '\0'; ++i) {
    line.name[i] = name[i];
  }
  line.expected = expected;
  line.found = found;
  failures += expected != found ? 1 : 0;
  write_reply(&line, sizeof line);
}

uint16_t offset_of(const char* symbol) {
  return static_cast<uint16_t>(reinterpret_cast<uintptr_t>(symbol));
}

abi::FirmwareRegisters& in_real_segment(const char* symbol) {
  return *static_cast<abi::FirmwareRegisters*>(physical(abi::kRealBase + offset_of(symbol)));
}

abi::FirmwareRegisters pattern(uint32_t seed, uint32_t eflags) {
  abi::FirmwareRegisters r;
  r.gs = static_cast<uint16_t>(0x1111 + seed);
  r.fs = static_cast<uint16_t>(0x2222 + seed);
  r.es = static_cast<uint16_t>(0x3333 + seed);
  r.ds = static_cast<uint16_t>(0x4444 + seed);
  r.edi = 0xD1D1'0001 + seed;
  r.esi = 0x5151'0002 + seed;
  r.ebp = 0xB9B9'0003 + seed;
  r.ebx = 0xB8B8'0004 + seed;
  r.edx = 0xDDDD'0005 + seed;
  r.ecx = 0xCCCC'0006 + seed;
  r.eax = 0xAAAA'0007 + seed;
  r.eflags = eflags;
  return r;
}

void compare(const abi::FirmwareRegisters& expected, const abi::FirmwareRegisters& found, uint32_t flags) {
  check("gs", expected.gs, found.gs);
  check("fs", expected.fs, found.fs);
  check("es", expected.es, found.es);
  check("ds", expected.ds, found.ds);
  check("edi", expected.edi, found.edi);
  check("esi", expected.esi, found.esi);
  check("ebp", expected.ebp, found.ebp);
  check("ebx", expected.ebx + sabotage, found.ebx);
  check("edx", expected.edx, found.edx);
  check("ecx", expected.ecx, found.ecx);
  check("eax", expected.eax, found.eax);
  check("eflags", expected.eflags & flags, found.eflags & flags);
}

void check_processor(const char* when) {
  struct [[gnu::packed]] {
    uint16_t limit;
    uint32_t base;
  } gdtr{}, idtr{};
  asm volatile("sgdt %0" : "=m"(gdtr));
  asm volatile("sidt %0" : "=m"(idtr));
  uint32_t flags = 0;
  asm volatile("pushfl; popl %0" : "=r"(flags));
  uint16_t ss = 0;
  asm volatile("movw %%ss, %0" : "=r"(ss));
  check(when, 0, 0);
  check("gdtr limit", abi::kGdtBytes - 1, gdtr.limit);
  check("gdtr in real segment", 1,
        gdtr.base >= abi::kRealBase && gdtr.base < abi::kRealBase + abi::kRealBytes);
  check("idtr limit", abi::kIdtVectors * 8 - 1, idtr.limit);
  check("DF IF AC TF NT", 0, flags & 0x47700 & ~0x3000u);
  check("ss", abi::kSelectorData32, ss);
  check("pic master mask", 0xB8, io::read8(0x21));
  check("pic slave mask", 0x3E, io::read8(0xA1));
  auto* low = static_cast<volatile uint32_t*>(physical(abi::kBounceBase));
  auto* high = static_cast<volatile uint32_t*>(physical(abi::kBounceBase + 0x100000));
  const uint32_t kept = *low;
  *low = ~*high;
  check("a20 on", 1, *low != *high);
  *low = kept;
}

void echo(bool interrupt) {
  // Flags in: everything that a callee may see; IF only by INT, which takes it away.
  constexpr uint32_t kFlagsIn = abi::kFlagsFixed | 0x255 | abi::kFlagsDirection | (1u << 21);
  constexpr uint32_t kFlagsOut = abi::kFlagsFixed | 0x890 | abi::kFlagsDirection;
  abi::FirmwareCall call;
  call.registers = pattern(0x0100, kFlagsIn);
  call.kind = interrupt ? abi::CallKind::kInterrupt : abi::CallKind::kFarCall;
  call.vector = kTestVector;
  call.target_segment = abi::kRealSegment;
  call.target_offset = offset_of(interrupt ? callee_echo_interrupt : callee_echo_far);
  *static_cast<uint32_t*>(physical(kTestVector * 4)) = (abi::kRealSegment << 16) | call.target_offset;

  const abi::FirmwareRegisters out = pattern(0x7000, kFlagsOut);
  in_real_segment(callee_gives) = out;
  const abi::FirmwareRegisters in = call.registers;
  bios::call(call);
  abi::FirmwareRegisters expected_in = in;
  if (interrupt) {
    expected_in.eflags &= ~abi::kFlagsInterrupt;
  }
  compare(expected_in, in_real_segment(callee_seen),
          kArithmeticFlags | abi::kFlagsInterrupt | abi::kFlagsDirection | (1u << 21));
  compare(out, call.registers, kArithmeticFlags | abi::kFlagsInterrupt | abi::kFlagsDirection | (1u << 21));
  check("repairs", 0, call.repairs);
  check_processor(interrupt ? "after INT" : "after far call");
}

void poison() {
  abi::FirmwareCall call;
  call.registers = pattern(0x0300, abi::kFlagsFixed);
  call.vector = kTestVector;
  *static_cast<uint32_t*>(physical(kTestVector * 4)) = (abi::kRealSegment << 16) | offset_of(callee_poison);
  bios::call(call);
  check("poison eax", 0xFFFFFFFF, call.registers.eax);
  check("poison flags", abi::kFlagsInterrupt | abi::kFlagsDirection | abi::kFlagsAlignmentCheck,
        call.registers.eflags & (abi::kFlagsInterrupt | abi::kFlagsDirection | abi::kFlagsAlignmentCheck));
  check("poison stack", (abi::kBounceSegment << 16) | 0x8000, call.registers.stack);
  check("repairs", abi::kRepairA20 | abi::kRepairPicMask, call.repairs);
  check_processor("after poison");
}

}  // namespace

extern "C" uint32_t kjump_main() {
  char request = 0;
  failures = 0;
  sabotage = read_request(&request, 1) == 1 && request == 's' ? 1 : 0;
  check_processor("at entry");
  echo(true);
  echo(false);
  poison();
  echo(true);  // the next call works as if nothing had happened
  return failures;
}
