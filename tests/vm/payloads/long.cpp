// SPDX-License-Identifier: MIT
// A 64-bit payload that does what the request's first character says; see long_test.cpp.
#include <kjump/payload.hpp>

#include "long_mode/window.hpp"

using namespace kjump;

namespace {

constexpr uint64_t kGib = uint64_t{1} << 30;
// RAM from 5 GiB on: a machine of 6 GiB has it, wherever its hole for devices is.
constexpr uint64_t kHighRam = 5 * kGib;
// More parts, 1 GiB apart, than there are page tables for; nothing answers there, which does no harm.
constexpr uint64_t kFarAway = 64 * kGib;
constexpr uint32_t kFarParts = 40;
constexpr uint64_t kUndeclared = 0xFD800000;  // no RAM on any machine of QEMU's
constexpr uint64_t kHpet = 0xFED00000;

volatile uint64_t& word_at(uint64_t address) {
  return *static_cast<volatile uint64_t*>(physical(address));
}

void read_word(uint64_t address) {
  [[maybe_unused]] const uint64_t value = word_at(address);
}

// A different value for every place; what is far away reads as it likes, high RAM must keep what was written.
uint32_t touch_memory() {
  if (!map_device(kFarAway, kFarParts * kGib)) {
    return 1;
  }
  constexpr uint32_t kPlaces = 100;
  constexpr uint64_t kStep = 0x701008;
  for (uint32_t i = 0; i < kPlaces; ++i) {
    word_at(kHighRam + i * kStep) = i * 0x0123456789ABCDEFull;
    read_word(kFarAway + i % kFarParts * kGib);
  }
  for (uint32_t i = 0; i < kPlaces; ++i) {
    if (word_at(kHighRam + i * kStep) != i * 0x0123456789ABCDEFull) {
      return 2;
    }
  }
  return 0;
}

// Every other page, from the end to the beginning, in one piece; whatever else is mapped meanwhile.
uint32_t look_through_window() {
  constexpr uint64_t kPage = abi::kPageBytes;
  constexpr uint64_t kPages = 1000;
  constexpr uint64_t kTables = 4;  // one of each level, and a second of the lowest
  constexpr uint64_t kStep = kPage - 16;
  if (!map_device(kFarAway, kFarParts * kGib)) {
    return 1;
  }
  close_window();
  for (uint64_t i = kPages; i != 0; --i) {
    add_to_window(kHighRam + 2 * i * kPage);
  }
  if (window_pages() != kPages - kTables) {
    return 2;
  }
  for (uint64_t at = 0; at < window_pages() * kPage; at += kStep) {
    word_at(kWindowBase + at) = ~at;
    read_word(kFarAway + at / kStep % kFarParts * kGib);
  }
  for (uint64_t at = 0; at < window_pages() * kPage; at += kStep) {
    const PhysicalRun run = physical_run(kWindowBase + at, 2 * kPage);
    if (word_at(kWindowBase + at) != ~at || word_at(run.address) != ~at || run.bytes != kPage - at % kPage ||
        run.address < kHighRam || run.address > kHighRam + 2 * (kPages + 1) * kPage) {
      return 3;
    }
  }
  add_to_window(kHighRam - kPage);
  add_to_window(kHighRam);
  const PhysicalRun last = physical_run(kWindowBase + (window_pages() - 2) * kPage, 2 * kPage);
  return last.address == kHighRam - kPage && last.bytes == 2 * kPage ? 0 : 4;
}

// The largest RAM range ends above 4 GiB, and the first one begins at 0.
uint32_t check_memory_map() {
  uint64_t end = 0;
  for (size_t i = 0; i < ram_range_count(); ++i) {
    end = ram_range(i).end > end ? ram_range(i).end : end;
  }
  write_reply(&end, sizeof end);
  return ram_range_count() > 1 && ram_range(0).start == 0 && end > 4 * kGib ? 0 : 1;
}

// Results that need SSE2, with default rounding, and x87 with all its precision.
uint32_t compute() {
  volatile double third = 1.0;
  third = third / 3.0;
  volatile long double precise = 1.0L;
  precise = precise / 3.0L;
  const bool wide = precise != static_cast<long double>(third);
  return third * 3.0 == 1.0 && wide ? 0 : 1;
}

// Conventional memory by INT 12h, between two numbers that must survive it in registers of every kind.
uint32_t call_bios() {
  abi::FirmwareCall call;
  call.vector = 0x12;
  call.registers.ebx = 0xB00B5;
  volatile double before = 2.5;
  const double kept = before * 3;
  bios::call(call);
  const uint32_t kib = call.registers.eax & 0xFFFF;
  return kept == 7.5 && kib >= 600 && kib <= 640 && call.registers.ebx == 0xB00B5 ? 0 : kib;
}

uint32_t use_hpet() {
  return map_device(kHpet, 0x400) && (word_at(kHpet) & 0xFF) != 0 ? 0 : 1;
}

// Known values in all registers, then the fault that the caller waits for.
void fault_with_registers() {
  asm volatile(
      "mov $0x1111111111111111, %%rbx\n\t"
      "mov $0x8888888888888888, %%r8\n\t"
      "mov $0xFFFFFFFFFFFFFFFF, %%r15\n\t"
      "ud2" ::
          : "rbx", "r8", "r15");
}

uint32_t go_wrong(char what) {
  switch (what) {
    case 'u':
      fault_with_registers();
      break;
    case 'd':
      asm volatile("xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\tdiv %%rcx" ::: "rax", "rcx", "rdx");
      break;
    case 'g':  // not canonical
      read_word(0x8000000000000000);
      break;
    case 'p':
      word_at(kUndeclared) = 1;
      break;
    case 'x':  // an x87 exception, unmasked (TCG raises none of SSE's)
      asm volatile("push $0\n\tfldcw (%%rsp)\n\tpop %%rax\n\tfldz\n\tfld1\n\tfdivp\n\tfwait" ::
                       : "rax", "memory");
      break;
    case 'b':
      asm volatile("int3");
      break;
    case 's':  // nothing can be pushed there
      asm volatile("mov $0x8000000000000000, %%rsp\n\tpush %%rax" ::: "memory");
      break;
    case 'o':
      asm volatile("1: push %%rsp\n\tjmp 1b" ::: "memory");
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
    default:
      break;
  }
  return 0;
}

uint32_t jumps = 0;

}  // namespace

extern "C" uint32_t kjump_main() {
  char request[2] = {'n', '\0'};
  read_request(request, sizeof request);
  ++jumps;
  switch (request[0]) {
    case 'm':
      return touch_memory();
    case 'v':
      return look_through_window();
    case 'r':
      return check_memory_map();
    case 'c':
      return compute();
    case 'b':
      return call_bios();
    case 'h':
      return use_hpet();
    case 'w':
      return go_wrong(request[1]);
    default:
      print("hello from long mode\n");
      return jumps;
  }
}
