// SPDX-License-Identifier: MIT
/// What the payload test_registers replies: one comparison after another (payloads/registers.cpp).
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace kjump::tests {

struct RegisterCheck {
  char name[24];
  std::uint32_t expected;
  std::uint32_t found;
};

// Processor at entry; three echoes of 12 in, 12 out, repairs, processor; poison.
inline constexpr std::size_t kProcessorChecks = 9;
inline constexpr std::size_t kRegisterChecks =
    kProcessorChecks + 3 * (12 + 12 + 1 + kProcessorChecks) + 4 + kProcessorChecks;

inline std::vector<RegisterCheck> register_checks(std::span<const std::byte> reply) {
  std::vector<RegisterCheck> checks(reply.size() / sizeof(RegisterCheck));
  std::memcpy(checks.data(), reply.data(), checks.size() * sizeof(RegisterCheck));
  return checks;
}

}  // namespace kjump::tests
