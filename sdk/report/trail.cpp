// SPDX-License-Identifier: MIT
#include "report/trail.hpp"

#include <fmt/format.h>

#include <array>

#include <kjump/abi/firmware_call.hpp>

namespace kjump::report {
namespace {

struct StageWords {
  const char* name;
  const char* text;
};

constexpr std::array<StageWords, 4> kStages{{{"before", "before the stub's first instruction"},
                                             {"entered", "in the stub, on the way to the payload"},
                                             {"payload", "in the payload"},
                                             {"leaving", "in the stub, on the way back"}}};

}  // namespace

std::string stage_name(std::uint32_t stage) {
  return stage < kStages.size() ? kStages.at(stage).name : fmt::format("stage{}", stage);
}

std::string last_call_text(const abi::Trail& trail) {
  const auto kind = static_cast<abi::CallKind>(trail.call & 0xFFFF);
  const std::string callee =
      kind == abi::CallKind::kFarCall
          ? fmt::format("far call {:04x}:{:04x}", trail.target >> 16, trail.target & 0xFFFF)
          : fmt::format("INT {:02X}h", trail.call >> 16);
  return fmt::format("{} AX={:04x}", callee, trail.eax & 0xFFFF);
}

std::string trail_text(const abi::Trail& trail) {
  std::string text = trail.stage < kStages.size() ? kStages.at(trail.stage).text : "in an unknown place";
  if (trail.in_call != 0) {
    text += fmt::format(", in its firmware call number {}, {}", trail.calls, last_call_text(trail));
  }
  return text;
}

}  // namespace kjump::report
