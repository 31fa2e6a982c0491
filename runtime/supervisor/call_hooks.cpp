// SPDX-License-Identifier: MIT
#include "supervisor/call_hooks.hpp"

#include "supervisor/contract_report.hpp"

using namespace kjump;

extern "C" {
uint32_t kjump_call_hooks = 0;      // not 0: every call is to be announced
uint8_t kjump_call_is_watched = 0;  // the one that runs was
}

namespace kjump::supervisor {

namespace {

struct Watch {
  platform::Watchdog* watchdog;
  ContractReport* report;
  uint32_t deadline_ms;
};

Watch watch{};

}  // namespace

CallHooks::CallHooks(platform::Watchdog& watchdog, uint32_t deadline_ms, ContractReport* report) {
  watch = {&watchdog, report, deadline_ms};
  kjump_call_hooks = deadline_ms != 0 || report != nullptr ? 1 : 0;
  kjump_call_is_watched = 0;
}

CallHooks::~CallHooks() {
  watch = {};
  kjump_call_hooks = 0;
}

}  // namespace kjump::supervisor

/// Called by the thunk before a call that has a deadline, or before all of them. Physical mode.
extern "C" void kjump_before_call(const abi::FirmwareCall* call) {
  const supervisor::Watch& watch = supervisor::watch;
  const uint32_t deadline_ms = call->deadline_ms != 0 ? call->deadline_ms : watch.deadline_ms;
  if (watch.report != nullptr) {
    watch.report->before_call(*call);
  }
  if (deadline_ms != 0 && watch.watchdog != nullptr) {
    watch.watchdog->begin_call(deadline_ms);
  }
  kjump_call_is_watched = 1;
}

/// Called by the thunk when that call has come back and the processor is whole again.
extern "C" void kjump_after_call(const abi::FirmwareCall* call) {
  const supervisor::Watch& watch = supervisor::watch;
  kjump_call_is_watched = 0;
  if (watch.watchdog != nullptr) {
    watch.watchdog->end_call();
  }
  if (watch.report != nullptr) {
    watch.report->after_call(*call);
  }
}
