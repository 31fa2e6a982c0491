// SPDX-License-Identifier: MIT
/// Replies of a batch payload as the tests of the typed calls need them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <kjump/bios.hpp>

namespace kjump::bios {

inline std::vector<std::byte> from_hex(std::string_view text, std::size_t padded_to = 0) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  bytes.resize(std::max(bytes.size(), padded_to));
  return bytes;
}

/// The registers that the recordings hold; flags as SeaBIOS leaves them, CF clear.
struct Recorded {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  std::uint32_t eflags = 0x282;
  std::uint16_t es = 0;
};

inline CallResult answered(std::uint32_t step, std::uint32_t iteration, const Recorded& recorded,
                           std::vector<std::byte> buffer = {}) {
  CallResult call;
  call.step = step;
  call.iteration = iteration;
  call.registers.eax = recorded.eax;
  call.registers.ebx = recorded.ebx;
  call.registers.ecx = recorded.ecx;
  call.registers.edx = recorded.edx;
  call.registers.eflags = recorded.eflags;
  call.registers.es = recorded.es;
  call.buffer = std::move(buffer);
  return call;
}

inline constexpr std::uint32_t kCarrySet = 0x283;

inline RunReport run_report(abi::Outcome outcome = abi::Outcome::kReturned) {
  RunReport report;
  report.target = "vm";
  report.jumps.resize(1);
  report.jumps[0].outcome = outcome;
  return report;
}

inline BatchReply reply_of(std::vector<CallResult> calls, abi::BatchStatus status = abi::BatchStatus::kDone) {
  BatchReply reply;
  reply.status = status;
  reply.calls = std::move(calls);
  reply.report = run_report();
  return reply;
}

}  // namespace kjump::bios
