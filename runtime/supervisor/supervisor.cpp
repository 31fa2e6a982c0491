// SPDX-License-Identifier: MIT
// The middle of every jump, in physical mode: from the stub to the payload and back. 32-bit code in images
// of either payload mode.
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/image.hpp>
#include <kjump/abi/processor.hpp>

#include "platform/a20.hpp"
#include "platform/firmware_environment.hpp"
#include "platform/pci_config.hpp"
#include "platform/real_vectors.hpp"
#include "platform/stack_guards.hpp"
#include "platform/stack_marks.hpp"
#include "platform/watchdog.hpp"
#include "supervisor/call_hooks.hpp"
#include "supervisor/contract_report.hpp"
#include "supervisor/fault.hpp"
#include "supervisor/trail.hpp"

using namespace kjump;

extern "C" {
extern const abi::LoaderParameters kjump_parameters;  // patched by the loader
extern abi::EntryState kjump_entry_state;             // filled by the entry stub
extern uint64_t kjump_tsc_entry;
extern uint8_t kjump_became;  // by the payload: state and parameters are another machine's now
extern uint32_t kjump_payload_status;
extern const uint8_t kjump_stays_in_physical;  // 0: the payload changes modes, for itself and for each call
extern uint32_t kjump_repairs;                 // by the thunk, of all calls of this jump
extern abi::FirmwareCall* kjump_running_call;
extern abi::Trail* kjump_trail;

uint32_t kjump_run_payload();
}

namespace {

constinit supervisor::ContractReport contract{};

uint64_t read_tsc() {
  uint64_t ticks = 0;
  asm volatile("rdtsc" : "=A"(ticks));
  return ticks;
}

abi::ExchangeHeader* exchange() {
  return (kjump_parameters.flags & abi::kParameterHasExchange) != 0
             ? reinterpret_cast<abi::ExchangeHeader*>(abi::kExchangeBase)
             : nullptr;
}

/// An exchange that is not the session's that loaded this image belongs to somebody else.
bool is_foreign(const abi::ExchangeHeader& header) {
  return header.magic != abi::kExchangeMagic || header.nonce != kjump_parameters.nonce;
}

uint32_t low(uint64_t address) {
  return static_cast<uint32_t>(address);
}

platform::WatchdogSources watchdog_sources() {
  const bool has_clock = (kjump_parameters.flags & abi::kParameterClockInterrupt) != 0;
  return {.hpet_base = low(kjump_parameters.hpet_base),
          .io_apic_base = low(kjump_parameters.io_apic_base),
          .timer_pin = kjump_stays_in_physical != 0 ? kjump_parameters.timer_pin : 0u,
          .clock_pin = has_clock ? abi::kClockPin : 0u,
          .tsc_khz = kjump_parameters.tsc_khz};
}

// An NMI and a timer tick are how the watchdog stops what runs; they leave a fault's record.
abi::Outcome judge(abi::Outcome outcome, const abi::ExchangeHeader& header,
                   const platform::Watchdog& watchdog) {
  const uint32_t vector = header.fault.vector;
  const bool stopped = vector == abi::kVectorDeadline || (vector == abi::kVectorNmi && watchdog.expired());
  return outcome == abi::Outcome::kFault && stopped ? abi::Outcome::kTimeout : outcome;
}

// Whose deadline it was, if it was a call's.
void note_expired_call(abi::ExchangeHeader& header, const platform::Watchdog& watchdog) {
  header.expired_call_ms = watchdog.call_deadline_ms();
  header.expired_call = header.expired_call_ms != 0 ? kjump_trail->calls : 0;
}

// On the way up page tables take the place of two of the stacks.
void mark_stacks(abi::ExchangeHeader& header) {
  for (uint32_t i = 0; i < abi::kStacks; ++i) {
    header.stacks[i] = platform::stack_mark(static_cast<abi::Stack>(i));
  }
}

// The payload has become another machine: its exchange has the times of long ago, on another counter.
void renew_times(abi::ExchangeHeader& header, uint64_t tsc_payload) {
  header.tsc_entry = kjump_tsc_entry;
  header.tsc_payload = tsc_payload;
}

void finish(abi::ExchangeHeader& header, abi::Outcome outcome) {
  mark_stacks(header);
  header.outcome = static_cast<uint32_t>(outcome);
  header.completed = header.sequence;
  header.tsc_exit = read_tsc();
}

}  // namespace

/// Runs the payload in the environment that firmware expects; reports through the exchange, if there is one.
/// With a foreign exchange it returns having touched nothing.
extern "C" void kjump_supervise() {
  const auto door = static_cast<abi::Door>(kjump_entry_state.door);
  if (door == abi::Door::kWake) {
    platform::write_config(kjump_parameters);  // Linux needs it even if the payload does not run
  }
  abi::ExchangeHeader* header = exchange();
  if (header != nullptr && is_foreign(*header)) {
    return;
  }
  kjump_became = 0;
  supervisor::find_trail(kjump_parameters);
  *kjump_trail = {};
  supervisor::set_stage(abi::Stage::kEntered);
  auto outcome = abi::Outcome::kPending;
  {
    platform::FirmwareEnvironment environment(low(kjump_parameters.hpet_base), door);
    const platform::RealVectors vectors;
    platform::fill_stacks();
    const platform::StackGuards guards;
    environment.describe(kjump_entry_state);
    const uint64_t tsc_payload = read_tsc();
    if (header != nullptr) {
      header->entry = kjump_entry_state;
      header->hardware_notes = environment.notes();
      renew_times(*header, tsc_payload);
    }
    kjump_repairs = 0;
    platform::Watchdog watchdog(watchdog_sources(), header != nullptr ? header->deadline_ms : 0);
    const bool compares = header != nullptr && header->contract.classes != 0;
    if (compares) {
      contract.begin(*header, low(kjump_parameters.hpet_base));
    }
    const supervisor::CallHooks hooks(watchdog, header != nullptr ? header->call_deadline_ms : 0,
                                      compares ? &contract : nullptr);
    supervisor::set_stage(abi::Stage::kPayload);
    outcome = static_cast<abi::Outcome>(kjump_run_payload());
    if (!platform::a20_is_on()) {
      kjump_enable_a20();  // else 0xFED00000, the HPET's place, is 0xFEC00000, the I/O APIC's
    }
    if (kjump_became != 0) {
      environment.become(kjump_entry_state);
      supervisor::find_trail(kjump_parameters);
    }
    supervisor::set_stage(abi::Stage::kLeaving);
    if (header != nullptr) {
      if (kjump_became != 0) {
        renew_times(*header, tsc_payload);
      }
      header->tsc_payload_end = read_tsc();
      header->status = kjump_payload_status;
      header->repairs = kjump_repairs;
    }
    if (compares) {
      contract.end(kjump_running_call);
    }
    if (header != nullptr && outcome == abi::Outcome::kFault) {
      supervisor::complete_fault_record(header->fault);
      outcome = judge(outcome, *header, watchdog);
      if (outcome == abi::Outcome::kTimeout) {
        note_expired_call(*header, watchdog);
      }
    }
  }
  if (header != nullptr) {
    finish(*header, outcome);
  }
}

/// Called instead of the rest of kjump_supervise() when an exception hit outside the payload.
extern "C" void kjump_report_fault() {
  if (abi::ExchangeHeader* header = exchange(); header != nullptr) {
    supervisor::complete_fault_record(header->fault);
    finish(*header, abi::Outcome::kFault);
  }
}
