// SPDX-License-Identifier: MIT
#include "disk/clock.hpp"

#include <kjump/payload.hpp>

#include "support/io_port.hpp"

namespace kjump::disk {

namespace {

// Intel 8254 data sheet; port 61h: Intel ICH9 data sheet 13.7.1.
constexpr uint16_t kChannel2 = 0x42;
constexpr uint16_t kControl = 0x43;
constexpr uint8_t kChannel2Mode0 = 0xB0;  // both bytes, output rises when the count has run down
constexpr uint16_t kSystemControl = 0x61;
constexpr uint8_t kGate = 1u << 0;
constexpr uint8_t kSpeaker = 1u << 1;
constexpr uint8_t kOutput = 1u << 5;

constexpr uint32_t kMeasureMs = 10;
constexpr uint16_t kCount = 1193182 * kMeasureMs / 1000;

constexpr uint32_t kFastest = 10'000'000;                          // ticks a millisecond: 10 GHz
constexpr uint64_t kGiveUp = uint64_t{kFastest} * kMeasureMs * 2;  // 20 ms at 10 GHz, 200 ms at 1 GHz

}  // namespace

uint32_t measure_ticks_per_ms() {
  const uint8_t before = io::read8(kSystemControl);
  const auto gated = static_cast<uint8_t>(before & ~(kGate | kSpeaker));
  io::write8(kSystemControl, gated);
  io::write8(kControl, kChannel2Mode0);
  io::write8(kChannel2, kCount & 0xFF);
  io::write8(kChannel2, kCount >> 8);
  io::write8(kSystemControl, gated | kGate);
  const uint64_t start = read_tsc();
  uint64_t ticks = 0;
  bool risen = false;
  while (!risen && ticks < kGiveUp) {
    risen = (io::read8(kSystemControl) & kOutput) != 0;
    ticks = read_tsc() - start;
  }
  io::write8(kSystemControl, before & 0x0F);  // the upper half is read-only
  // Less than 2^32 for anything below 400 GHz: a quotient of 64 bits would need a library.
  return risen && ticks < UINT32_MAX ? static_cast<uint32_t>(ticks) / kMeasureMs + 1 : kFastest;
}

Deadline::Deadline(const Disk& disk, uint32_t ms) : end_(read_tsc() + uint64_t{disk.ticks_per_ms} * ms) {}

Deadline::Deadline(const Disk& disk) : end_(read_tsc() + disk.ticks_per_timeout) {}

bool Deadline::passed() const {
  return read_tsc() >= end_;
}

void wait_ms(const Disk& disk, uint32_t ms) {
  const Deadline end(disk, ms);
  while (!end.passed()) {
    relax();
  }
}

}  // namespace kjump::disk
