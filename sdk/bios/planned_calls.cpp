// SPDX-License-Identifier: MIT
#include "bios/planned_calls.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "bios/text.hpp"

namespace kjump::bios {

namespace {

// A repetition may change AX: then nobody knows which function the next call is.
bool keeps_ax(const Step& step) {
  const bool changes_register = step.repeat == abi::BatchRepeat::kWhileNonZero ||
                                step.repeat == abi::BatchRepeat::kCountAt ||
                                step.repeat == abi::BatchRepeat::kForEachWord;
  return !changes_register || step.repeat_register != offsetof(abi::FirmwareRegisters, eax);
}

}  // namespace

std::vector<PlannedCall> planned_calls(const std::vector<Step>& steps) {
  std::vector<PlannedCall> calls;
  for (const Step& step : steps) {
    if (step.repeat == abi::BatchRepeat::kReadMemory || step.call.kind != abi::CallKind::kInterrupt) {
      continue;
    }
    PlannedCall call{static_cast<std::uint8_t>(step.call.vector), {}};
    if (keeps_ax(step)) {
      call.ax = static_cast<std::uint16_t>(step.call.registers.eax);
    }
    if (std::find(calls.begin(), calls.end(), call) == calls.end()) {
      calls.push_back(call);
    }
  }
  return calls;
}

Result<PlannedCall> parse_planned_call(const std::string& text) {
  const std::size_t colon = text.find(':');
  const Token token = argument(text);
  const std::string_view all = token.text;
  PlannedCall call;
  KJUMP_TRY(call.vector, parse_vector({token, 0, all.substr(0, colon)}));
  if (colon != std::string::npos) {
    KJUMP_TRY(const std::uint32_t ax, parse_number({token, colon + 1, all.substr(colon + 1)}, 16));
    call.ax = static_cast<std::uint16_t>(ax);
  }
  return call;
}

std::string spell(const PlannedCall& call) {
  return fmt::format("{:#04x}", call.vector) + (call.ax ? fmt::format(":{:#06x}", *call.ax) : "");
}

}  // namespace kjump::bios
