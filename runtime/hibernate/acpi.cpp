// SPDX-License-Identifier: MIT
#include "hibernate/acpi.hpp"

#include <kjump/payload.hpp>

#include <initializer_list>

#include "support/io_port.hpp"

namespace kjump::hibernate {

namespace {

// ACPI 6.4, 4.8.3.
constexpr uint16_t kPowerButton = 1u << 8;
constexpr uint16_t kRtcAlarm = 1u << 10;
constexpr uint16_t kSciEnable = 1u << 0;
constexpr uint16_t kSleepType = 7u << 10;
constexpr uint16_t kSleepEnable = 1u << 13;
constexpr uint32_t kModeMs = 3000;     // the specification names no bound; Linux waits as long
constexpr uint32_t kSleepMs = 10'000;  // as Linux before it tries again (hwsleep.c)
constexpr uint32_t kResetMs = 100;

uint16_t port(uint32_t address, uint32_t offset = 0) {
  return static_cast<uint16_t>(address + offset);
}

/// Enable registers follow the status registers of the same size.
uint16_t enable_port(uint32_t event, uint8_t bytes) {
  return port(event, bytes / 2u);
}

uint16_t status_of(const format::AcpiFacts& facts) {
  uint16_t status = facts.pm1a_event != 0 ? io::read16(port(facts.pm1a_event)) : uint16_t{0};
  if (facts.pm1b_event != 0) {
    status |= io::read16(port(facts.pm1b_event));
  }
  return status;
}

template <typename Done>
bool wait_until(uint32_t ms, uint32_t ticks_per_ms, Done done) {
  const uint64_t end = read_tsc() + uint64_t{ms} * ticks_per_ms;
  while (!done()) {
    if (read_tsc() >= end) {
      return false;
    }
    asm volatile("pause");
  }
  return true;
}

bool in_acpi_mode(const format::AcpiFacts& facts) {
  return (io::read16(port(facts.pm1a_control)) & kSciEnable) != 0;
}

uint32_t gpe_bytes(uint8_t block_bytes) {
  constexpr uint32_t kMost = sizeof(format::AcpiEnables::gpe0);
  const uint32_t half = block_bytes / 2u;
  return half < kMost ? half : kMost;
}

uint16_t sleep_control(uint32_t control, uint8_t type) {
  const auto value = static_cast<uint16_t>(io::read16(port(control)) & ~(kSleepType | kSleepEnable));
  return static_cast<uint16_t>(value | (type & 7u) << 10);
}

}  // namespace

format::AcpiEnables read_enables(const format::AcpiFacts& facts) {
  format::AcpiEnables enables{};
  if (facts.pm1a_event != 0) {
    enables.pm1a = io::read16(enable_port(facts.pm1a_event, facts.pm1_event_bytes));
  }
  if (facts.pm1b_event != 0) {
    enables.pm1b = io::read16(enable_port(facts.pm1b_event, facts.pm1_event_bytes));
  }
  for (uint32_t i = 0; facts.gpe0 != 0 && i < gpe_bytes(facts.gpe0_bytes); ++i) {
    enables.gpe0[i] = io::read8(port(facts.gpe0, gpe_bytes(facts.gpe0_bytes) + i));
  }
  for (uint32_t i = 0; facts.gpe1 != 0 && i < gpe_bytes(facts.gpe1_bytes); ++i) {
    enables.gpe1[i] = io::read8(port(facts.gpe1, gpe_bytes(facts.gpe1_bytes) + i));
  }
  return enables;
}

void write_enables(const format::AcpiFacts& facts, const format::AcpiEnables& enables,
                   uint32_t ticks_per_ms) {
  if (facts.pm1a_control != 0 && facts.smi_command != 0 && facts.acpi_enable != 0 && !in_acpi_mode(facts)) {
    io::write8(port(facts.smi_command), facts.acpi_enable);
    (void)wait_until(kModeMs, ticks_per_ms, [&] { return in_acpi_mode(facts); });
  }
  if (facts.pm1a_event != 0) {
    io::write16(enable_port(facts.pm1a_event, facts.pm1_event_bytes), enables.pm1a);
  }
  if (facts.pm1b_event != 0) {
    io::write16(enable_port(facts.pm1b_event, facts.pm1_event_bytes), enables.pm1b);
  }
  for (uint32_t i = 0; facts.gpe0 != 0 && i < gpe_bytes(facts.gpe0_bytes); ++i) {
    io::write8(port(facts.gpe0, gpe_bytes(facts.gpe0_bytes) + i), enables.gpe0[i]);
  }
  for (uint32_t i = 0; facts.gpe1 != 0 && i < gpe_bytes(facts.gpe1_bytes); ++i) {
    io::write8(port(facts.gpe1, gpe_bytes(facts.gpe1_bytes) + i), enables.gpe1[i]);
  }
}

bool woken_by_alarm(const format::AcpiFacts& facts) {
  const uint16_t status = status_of(facts);
  return (status & kRtcAlarm) != 0 && (status & kPowerButton) == 0;
}

// Sleep type first, then again with the enable bit: one write of both fails on some hardware (hwsleep.c).
void power_off(const format::AcpiFacts& facts, uint32_t ticks_per_ms) {
  if (facts.has_s5 == 0 || facts.pm1a_control == 0) {
    return;
  }
  const uint16_t a = sleep_control(facts.pm1a_control, facts.s5_type_a);
  const uint16_t b =
      facts.pm1b_control != 0 ? sleep_control(facts.pm1b_control, facts.s5_type_b) : uint16_t{0};
  for (const uint16_t enable : {uint16_t{0}, kSleepEnable}) {
    io::write16(port(facts.pm1a_control), static_cast<uint16_t>(a | enable));
    if (facts.pm1b_control != 0) {
      io::write16(port(facts.pm1b_control), static_cast<uint16_t>(b | enable));
    }
  }
  (void)wait_until(kSleepMs, ticks_per_ms, [] { return false; });
}

void reset(const format::AcpiFacts& facts, uint32_t ticks_per_ms) {
  constexpr uint16_t kKeyboardController = 0x64;
  constexpr uint8_t kPulseReset = 0xFE;
  constexpr uint16_t kResetControl = 0xCF9;
  constexpr uint8_t kFullReset = 0x0E;
  for (;;) {
    if (facts.reset_port != 0) {
      io::write8(port(facts.reset_port), facts.reset_value);
      (void)wait_until(kResetMs, ticks_per_ms, [] { return false; });
    }
    io::write8(kKeyboardController, kPulseReset);
    (void)wait_until(kResetMs, ticks_per_ms, [] { return false; });
    io::write8(kResetControl, kFullReset);
    (void)wait_until(kResetMs, ticks_per_ms, [] { return false; });
  }
}

}  // namespace kjump::hibernate
