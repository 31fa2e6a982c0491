// SPDX-License-Identifier: MIT
#include "platform/cmos.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

// Motorola MC146818 data sheet; the addresses are the AT's.
constexpr uint16_t kIndex = 0x70;
constexpr uint16_t kData = 0x71;
constexpr uint8_t kRegisterC = 0x0C;  // reading it clears the interrupt's flags
constexpr uint8_t kFirst = 0x0E;      // below: the clock, which goes on
constexpr uint8_t kEnd = 0x80;

uint8_t byte_at(uint8_t index) {
  io::write8(kIndex, index);
  return io::read8(kData);
}

bool is_unique(uint8_t candidate, uint8_t value) {
  for (uint8_t other = 0; other < kEnd; ++other) {
    if (other != candidate && other != kRegisterC && byte_at(other) == value) {
      return false;
    }
  }
  return true;
}

}  // namespace

// The clock's bytes go on and may become equal to it later: then a change is missed, never invented.
void CmosIndex::choose() {
  index_ = 0;
  for (uint8_t candidate = kEnd; candidate-- > kFirst;) {
    if (is_unique(candidate, byte_at(candidate))) {
      index_ = candidate;
      return;
    }
  }
}

uint8_t CmosIndex::set() const {
  return byte_at(index_);
}

uint8_t CmosIndex::read() {
  return io::read8(kData);
}

}  // namespace kjump::platform
