// SPDX-License-Identifier: MIT
// The clock: INT 1Ah. A batch cannot ask again when the clock was just being updated, so it asks
// several times and the decoder takes the first pair of time and date that belong together.
#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kRounds = 3;  // time and date each; one more time at the end

// Step 0: ticks; step 1 + 2n: time; step 2 + 2n: date.
constexpr std::uint32_t time_step(std::uint32_t round) {
  return 1 + 2 * round;
}
constexpr std::uint32_t date_step(std::uint32_t round) {
  return 2 + 2 * round;
}

struct TimeOfDay {
  std::uint8_t hour, minute, second;
  bool daylight_saving;

  [[nodiscard]] std::tuple<int, int, int> key() const { return {hour, minute, second}; }
};

struct Date {
  std::uint16_t year;
  std::uint8_t month, day;
};

/// A binary-coded decimal of two digits within a range.
std::optional<std::uint8_t> bcd(std::uint8_t value, std::uint8_t least, std::uint8_t most) {
  if ((value >> 4) > 9 || (value & 15) > 9) {
    return std::nullopt;
  }
  const int number = (value >> 4) * 10 + (value & 15);
  return number < least || number > most ? std::nullopt : std::optional(static_cast<std::uint8_t>(number));
}

std::optional<TimeOfDay> decode_time(const abi::FirmwareRegisters& registers) {
  const auto hour = bcd(high8(registers.ecx), 0, 23);
  const auto minute = bcd(low8(registers.ecx), 0, 59);
  const auto second = bcd(high8(registers.edx), 0, 59);
  if (!hour || !minute || !second) {
    return std::nullopt;
  }
  return TimeOfDay{*hour, *minute, *second, (low8(registers.edx) & 1) != 0};
}

std::optional<Date> decode_date(const abi::FirmwareRegisters& registers) {
  const auto century = bcd(high8(registers.ecx), 19, 99);
  const auto year = bcd(low8(registers.ecx), 0, 99);
  const auto month = bcd(high8(registers.edx), 1, 12);
  const auto day = bcd(low8(registers.edx), 1, 31);
  if (!century || !year || !month || !day) {
    return std::nullopt;
  }
  return Date{static_cast<std::uint16_t>(*century * 100 + *year), *month, *day};
}

Failure no_clock(const CallResult& time, const CallResult& date) {
  if (time.carry() || date.carry()) {
    return fail(ErrorCode::kUnsupported, "the clock does not run or is always being updated",
                "INT 1Ah 02/04");
  }
  return fail(
      ErrorCode::kGuest,
      fmt::format(
          "the clock gives no valid time and date: time cx={:04x} dx={:04x}, date cx={:04x} dx={:04x}",
          low16(time.registers.ecx), low16(time.registers.edx), low16(date.registers.ecx),
          low16(date.registers.edx)),
      "INT 1Ah 02/04", "the battery may be empty, or the clock may run in binary mode");
}

}  // namespace

Batch clock_batch() {
  Batch batch;
  batch.add(service(0x1A, 0x0000));
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    batch.add(service(0x1A, 0x0200)).add(service(0x1A, 0x0400));
  }
  batch.add(service(0x1A, 0x0200));
  return batch;
}

Result<Clock> decode_clock(const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  KJUMP_TRY(const CallResult* ticks, answer(reply, 0));
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    KJUMP_TRY(const CallResult* time_call, answer(reply, time_step(round)));
    KJUMP_TRY(const CallResult* date_call, answer(reply, date_step(round)));
    KJUMP_TRY(const CallResult* later_call, answer(reply, time_step(round + 1)));
    const auto time = decode_time(time_call->registers);
    const auto date = decode_date(date_call->registers);
    const auto later = decode_time(later_call->registers);
    const bool failed = time_call->carry() || date_call->carry() || !time || !date;
    // A time that runs backwards means that midnight fell between time and date.
    const bool midnight = !failed && !later_call->carry() && later && later->key() < time->key();
    if (!failed && !midnight) {
      Clock clock;
      clock.year = date->year;
      clock.month = date->month;
      clock.day = date->day;
      clock.hour = time->hour;
      clock.minute = time->minute;
      clock.second = time->second;
      clock.daylight_saving = time->daylight_saving;
      clock.ticks = std::uint32_t{low16(ticks->registers.ecx)} << 16 | low16(ticks->registers.edx);
      clock.midnight_passed = low8(ticks->registers.eax) != 0;
      return clock;
    }
  }
  KJUMP_TRY(const CallResult* last_time, answer(reply, time_step(kRounds - 1)));
  KJUMP_TRY(const CallResult* last_date, answer(reply, date_step(kRounds - 1)));
  return no_clock(*last_time, *last_date);
}

Result<Clock> clock(Target& target) {
  return run_and_decode(target, clock_batch(), decode_clock);
}

}  // namespace kjump::bios
