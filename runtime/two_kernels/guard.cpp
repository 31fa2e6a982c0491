// SPDX-License-Identifier: MIT
#include "two_kernels/guard.hpp"

#include <kjump/abi/guard.hpp>
#include <kjump/abi/local_apic.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "platform/local_apic.hpp"
#include "platform/pit.hpp"
#include "support/cpuid.hpp"
#include "support/msr.hpp"

namespace format = kjump::abi::two_kernels;

extern "C" {
extern const char kjump_guard_program[];  // stubs/kernel/guard.asm
extern const uint32_t kjump_guard_program_bytes;

// Not setjmp(): at the second return memory and registers are what they were at the first, so the compiler
// need not know.
uint32_t kjump_guard_point();
}

namespace kjump::two_kernels {
namespace {

using format::GuardState;

// MP specification 1.4, B.4: 10 ms after INIT, 200 us between the start-up IPIs, of which the second is for
// processors that have missed the first.
constexpr uint32_t kInitMs = 10;
constexpr uint32_t kStartMs = 1;
constexpr uint32_t kStarts = 2;
constexpr uint32_t kArmedWithinMs = 500;
constexpr uint32_t kFiredWithinMs = 1000;

// CPUID leaf 6, EAX bit 2: the local APIC's timer goes on in every C-state (SDM volume 3, 11.5.4).
constexpr uint32_t kLeafPower = 6;
constexpr uint32_t kAlwaysRunningTimer = 1u << 2;

volatile format::GuardBlock& block() {
  return *static_cast<volatile format::GuardBlock*>(physical(format::kGuardBlock));
}

bool change_state(GuardState from, GuardState to) {
  auto expected = static_cast<uint32_t>(from);
  return __atomic_compare_exchange_n(&block().state, &expected, static_cast<uint32_t>(to), false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void pause_until(uint64_t end) {
  while (read_tsc() < end) {
    asm volatile("pause");
  }
}

bool state_becomes(GuardState state, uint64_t end) {
  while (block().state != static_cast<uint32_t>(state)) {
    if (read_tsc() >= end) {
      return false;
    }
    asm volatile("pause");
  }
  return true;
}

void send(uint32_t apic_id, uint32_t command, uint64_t give_up) {
  const platform::LocalApic apic;
  if (apic.x2apic()) {
    write_msr(abi::kX2apicMsr + abi::kApicCommand / 16, uint64_t{apic_id} << 32 | command);
    return;
  }
  apic.write(abi::kApicDestination, apic_id << 24);
  apic.write(abi::kApicCommand, command);
  while ((apic.read(abi::kApicCommand) & abi::kApicCommandPending) != 0 && read_tsc() < give_up) {
    asm volatile("pause");
  }
}

// The first kernel has parked it, and will start it in the same way when it goes on.
bool start_processor(uint32_t apic_id, uint32_t ticks_a_ms) {
  const auto in = [ticks_a_ms](uint32_t milliseconds) {
    return read_tsc() + uint64_t{ticks_a_ms} * milliseconds;
  };
  send(apic_id, abi::kApicInit, in(kInitMs));
  pause_until(in(kInitMs));
  send(apic_id, abi::kApicInitOver, in(kInitMs));
  for (uint32_t i = 0; i < kStarts; ++i) {
    send(apic_id, abi::kApicStartUp | format::kGuardBase / abi::kPageBytes, in(kInitMs));
    if (state_becomes(GuardState::kArmed, in(kStartMs))) {
      return true;
    }
  }
  return state_becomes(GuardState::kArmed, in(kArmedWithinMs));
}

uint32_t ticks_a_ms() {
  const uint32_t told = loader_parameters().tsc_khz;
  return told != 0 ? told : platform::measure_tsc_khz();
}

void put_program_into_place(const format::CrossingRequest& request, uint32_t rate) {
  __builtin_memcpy(physical(format::kGuardBase), &kjump_guard_program[0], kjump_guard_program_bytes);
  volatile format::GuardBlock& guard = block();
  guard.watched = platform::LocalApic().id();
  guard.ticks = uint64_t{rate} * request.deadline_ms;
  guard.ticks_a_ms = rate;
  const bool knows = cpuid(0).eax >= kLeafPower;
  guard.naps = knows && (cpuid(kLeafPower).eax & kAlwaysRunningTimer) != 0 ? 1 : 0;
  guard.snapshot = request.snapshot;
}

}  // namespace

Watch set_guard(const format::CrossingRequest& request) {
  no_guard();
  const uint32_t rate = ticks_a_ms();
  if (rate == 0 || !platform::LocalApic().enabled()) {
    return Watch::kNone;
  }
  put_program_into_place(request, rate);
  if (kjump_guard_point() != 0) {
    return Watch::kOverdue;
  }
  block().state = static_cast<uint32_t>(GuardState::kStarting);
  if (start_processor(request.guard_apic_id, rate)) {
    return Watch::kArmed;
  }
  // It may start yet: then it finds that nobody wants it.
  return change_state(GuardState::kStarting, GuardState::kOff) ? Watch::kNone : Watch::kArmed;
}

void no_guard() {
  block().state = static_cast<uint32_t>(GuardState::kOff);
}

void dismiss_guard() {
  if (change_state(GuardState::kArmed, GuardState::kOff)) {
    return;
  }
  if (block().state == static_cast<uint32_t>(GuardState::kOverdue)) {
    pause_until(read_tsc() + uint64_t{block().ticks_a_ms} * kFiredWithinMs);
  }
  no_guard();
}

}  // namespace kjump::two_kernels
