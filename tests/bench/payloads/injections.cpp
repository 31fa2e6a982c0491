// SPDX-License-Identifier: MIT
// Goes wrong as the request's two characters say, for the fault matrix (fault_matrix.cpp), which says in
// words what each is. First: 'x' an exception; 'q' processor or devices are left otherwise than found; 'c'
// the same by a real-mode callee (injection_callees.asm); 'e' the exchange is overwritten. Status 0.
#include <kjump/payload.hpp>

#include "platform/local_apic.hpp"
#include "support/io_port.hpp"
#include "support/msr.hpp"

using namespace kjump;

extern "C" {
// One callee after another, in this order; offsets in the real segment.
extern char injection_callees[];
}

namespace {

constexpr uint32_t kCalleeBytes = 32;
constexpr char kCallees[] = "apdfisrn";

struct [[gnu::packed]] Pointer {
  uint16_t limit;
  uint32_t base;
};

uint64_t table[64];  // a copy of the GDT or IDT, to be broken

Pointer copy_table(const Pointer& original, uint32_t room) {
  for (uint32_t i = 0; i * 8 < original.limit + 1u && i < 64; ++i) {
    table[i] = static_cast<const uint64_t*>(physical(original.base))[i];
  }
  return {static_cast<uint16_t>(original.limit + room), reinterpret_cast<uint32_t>(table)};
}

// A data segment that is not present, behind the GDT's last one; returns its selector.
uint16_t absent_segment() {
  Pointer gdt{};
  asm volatile("sgdt %0" : "=m"(gdt));
  const auto selector = static_cast<uint16_t>(gdt.limit + 1u);
  const Pointer ours = copy_table(gdt, 8);
  table[selector / 8] = 0x00CF13000000FFFF;
  asm volatile("lgdt %0" : : "m"(ours));
  return selector;
}

void double_fault() {
  Pointer idt{};
  asm volatile("sidt %0" : "=m"(idt));
  const Pointer ours = copy_table(idt, 0);
  table[13] = 0;  // the handler of a fault is absent: a second fault while the first is being delivered
  asm volatile("lidt %0\n\tmovw %w1, %%fs" : : "m"(ours), "r"(0x1238));
}

void raise(char what) {
  const int16_t bounds[2] = {2, 1};
  const uint16_t all_unmasked = 0x0340;
  switch (what) {
    case 't':
      asm volatile("pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n\tnop" ::: "memory");
      break;
    case 'O':
      asm volatile("movb $0x7F, %%al\n\taddb $1, %%al\n\tinto" ::: "eax");
      break;
    case 'i':
      asm volatile("boundw %w0, %1" : : "r"(static_cast<int16_t>(0)), "m"(bounds));
      break;
    case 'n':
      asm volatile("movl %%cr0, %%eax\n\torl $8, %%eax\n\tmovl %%eax, %%cr0\n\tfninit" ::: "eax");
      break;
    case 'm':
      asm volatile(
          "movl %%cr0, %%eax\n\tandl $~0xE, %%eax\n\torl $0x20, %%eax\n\tmovl %%eax, %%cr0\n\t"
          "fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait"
          :
          : "m"(all_unmasked)
          : "eax");
      break;
    case 'N':
      asm volatile("movw %w0, %%fs" : : "r"(static_cast<uint32_t>(absent_segment())));
      break;
    case 'k':
      asm volatile("movw %w0, %%ss" : : "r"(static_cast<uint32_t>(absent_segment())));
      break;
    case '8':
      double_fault();
      break;
    default:
      break;
  }
}

void initialise_8259(uint16_t port, uint8_t cascade) {
  const auto data = static_cast<uint16_t>(port + 1);
  io::write8(port, 0x11);
  io::write8(data, 0x50);
  io::write8(data, cascade);
  io::write8(data, 1);
  io::write8(data, 0);
}

// What a payload may leave behind without harm to its caller.
void leave_otherwise(char what) {
  const Pointer nothing{};
  switch (what) {
    case 'g':
      asm volatile("lgdt %0" : : "m"(nothing));
      break;
    case 'l':
      asm volatile("lidt %0" : : "m"(nothing));
      break;
    case 'd':
      asm volatile("std");
      break;
    case 'I':
      asm volatile("sti");
      break;
    case '4':
      asm volatile("movl %%cr4, %%eax\n\torl $0x610, %%eax\n\tmovl %%eax, %%cr4" ::: "eax");  // PSE, SSE
      break;
    case '0':
      asm volatile("movl %%cr0, %%eax\n\torl $0xC, %%eax\n\tmovl %%eax, %%cr0" ::: "eax");  // TS, EM
      break;
    case 'E':
      write_msr(abi::kMsrEfer, 0);
      break;
    case 'D':
      asm volatile("xorl %%eax, %%eax\n\tmovl %%eax, %%dr7" ::: "eax");
      break;
    case 't':
      platform::LocalApic().write(platform::kApicTaskPriority, 0);
      break;
    case 'p':  // both 8259s to other vectors, all lines open
      initialise_8259(0x20, 4);
      initialise_8259(0xA0, 2);
      break;
    case 'P':  // PIT: one shot, soon
      io::write8(0x43, 0x30);
      io::write8(0x40, 1);
      io::write8(0x40, 0);
      break;
    case 'a':
      io::write8(0x92, static_cast<uint8_t>(io::read8(0x92) & ~3));
      break;
    case 'h':
      *static_cast<volatile uint32_t*>(physical(0xFED00010)) = 0;
      break;
    case 'v':  // interrupt vectors
      for (uint32_t vector = 0x40; vector < 0x80; ++vector) {
        *static_cast<volatile uint32_t*>(physical(vector * 4)) = 0xDEADBEEF;
      }
      break;
    default:
      break;
  }
}

void by_callee(char what) {
  abi::FirmwareCall call;
  call.kind = abi::CallKind::kFarCall;
  call.target_segment = abi::kRealSegment;
  uint32_t number = 0;
  while (kCallees[number] != what && kCallees[number] != '\0') {
    ++number;
  }
  call.target_offset =
      static_cast<uint16_t>(reinterpret_cast<uintptr_t>(injection_callees) + number * kCalleeBytes);
  bios::call(call);
}

void overwrite_exchange(char what) {
  auto& header = *static_cast<abi::ExchangeHeader*>(physical(abi::kExchangeBase));
  switch (what) {
    case 'm':
      header.magic = 0;
      break;
    case 'n':
      header.nonce ^= 1;
      break;
    case 's':
      header.sequence += 1;
      break;
    case 'A': {
      auto* bytes = static_cast<volatile uint8_t*>(physical(abi::kExchangeBase));
      for (uint32_t i = 0; i < abi::kExchangeBytes; ++i) {
        bytes[i] = 0xFF;
      }
      break;
    }
    case 'r':
      header.reply_bytes = 0xFFFFFFFF;
      break;
    case 'o':
      header.reply_offset = 0xFFFFF000;
      break;
    case 'c':
      header.console_bytes = 0xFFFFFFFF;
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" uint32_t kjump_main() {
  char request[2] = {};
  kjump::read_request(request, sizeof request);
  switch (request[0]) {
    case 'x':
      raise(request[1]);
      return 1;  // it should not have come this far
    case 'q':
      leave_otherwise(request[1]);
      break;
    case 'c':
      by_callee(request[1]);
      break;
    case 'e':
      overwrite_exchange(request[1]);
      break;
    default:
      return 2;
  }
  return 0;
}
