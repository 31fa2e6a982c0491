// SPDX-License-Identifier: MIT
// Does what the request says, two characters after two. First character: where - 'p' here in physical mode,
// 'r' in a real-mode callee, 'b' in the BIOS. Second: what goes wrong, see callee_faults.asm for 'r'; "bc":
// calls of INT 12h for some two seconds, "bw": INT 15h AH=86h, a wait by the clock's periodic interrupt;
// "bd": INT 13h AH=02h. "n": nothing; status = number of this jump in its session. "o": more text than the
// exchange holds.
#include <kjump/payload.hpp>

using namespace kjump;

extern "C" {
// One callee after another, in this order; offsets in the real segment.
extern char callee_faults[];
}

namespace {

uint32_t jumps = 0;  // proves that payload memory persists from jump to jump

constexpr uint32_t kCalleeBytes = 32;
constexpr char kCallees[] = "udbgotiSIHnO";

void go_wrong_here(char what) {
  switch (what) {
    case 'u':
      asm volatile("movl $0x600D, %%esi\n\tud2" ::: "esi");
      break;
    case 'd':
      asm volatile("xorl %%edx, %%edx\n\tmovl $1, %%eax\n\txorl %%ecx, %%ecx\n\tdivl %%ecx" ::
                       : "eax", "ecx", "edx");
      break;
    case 'g':
      asm volatile("movw %w0, %%fs" : : "r"(0x1238));
      break;
    case 'b':
      asm volatile("int3");
      break;
    case 's':  // like everything above on a stack that is no longer there
      asm volatile("movl $0x00600000, %%esp\n\tud2" ::: "memory");
      break;
    case 'S':
      asm volatile("cli\n1: jmp 1b");
      break;
    case 'I':
      asm volatile("sti\n1: jmp 1b");
      break;
    case 'H':
      asm volatile("cli\n1: hlt\n\tjmp 1b");
      break;
    case 'o':  // a stack without end
      asm volatile("1: pushl %%esp\n\tjmp 1b" ::: "memory");
      break;
    case 'w':
      *static_cast<volatile uint32_t*>(physical(abi::kRealBase - 4)) = 1;
      break;
    case 'T': {  // as if by a broken firmware: nothing catches the exception, the processor shuts down
      const uint8_t no_table[6] = {};
      asm volatile("lidt %0\n\tud2" : : "m"(no_table));
      break;
    }
    default:
      break;
  }
}

void go_wrong_in_callee(char what) {
  abi::FirmwareCall call;
  call.kind = abi::CallKind::kFarCall;
  call.registers.ebx = 0xB00B0001;
  call.target_segment = abi::kRealSegment;
  uint32_t number = 0;
  while (kCallees[number] != what && kCallees[number] != '\0') {
    ++number;
  }
  const uint32_t first = reinterpret_cast<uintptr_t>(callee_faults);
  call.target_offset = static_cast<uint16_t>(first + number * kCalleeBytes);
  bios::call(call);
}

// INT 16h AH=00h: waits for a key that nobody presses. INT 05h: "print screen", an interrupt, no exception.
void call_bios(char what) {
  abi::FirmwareCall call;
  if (what == 'c') {
    const uint64_t end = kjump::read_tsc() + (uint64_t{1} << 32);
    call.vector = 0x12;
    while (kjump::read_tsc() < end) {
      bios::call(call);
    }
    return;
  }
  if (what == 'd') {
    call.vector = 0x13;
    call.registers.eax = 0x0201;
    call.registers.ecx = 1;
    call.registers.edx = 0x80;
    call.registers.es = abi::kBounceBase >> 4;
    bios::call(call);
    return;
  }
  if (what == 'w') {
    call.vector = 0x15;
    call.registers.eax = 0x8600;
    call.registers.ecx = 0x000F;  // CX:DX in microseconds, about a second
    bios::call(call);
    return;
  }
  call.vector = what == 'k' ? 0x16 : 0x05;
  bios::call(call);
}

}  // namespace

namespace {

void act(const char (&request)[2]) {
  kjump::print("doing ");
  const char text[] = {request[0], request[1], '\n', '\0'};
  kjump::print(text);
  if (request[0] == 'p') {
    go_wrong_here(request[1]);
  } else if (request[0] == 'r') {
    go_wrong_in_callee(request[1]);
  } else if (request[0] == 'b') {
    call_bios(request[1]);
  } else if (request[0] == 'o') {
    for (int i = 0; i < 2000; ++i) {
      kjump::print("0123456789");
    }
  }
}

}  // namespace

extern "C" uint32_t kjump_main() {
  ++jumps;
  size_t offset = 0;
  do {
    char request[2] = {'n', '\0'};
    kjump::read_request(request, sizeof request, offset);
    act(request);
    offset += sizeof request;
  } while (offset < kjump::request_bytes());
  return jumps;
}
