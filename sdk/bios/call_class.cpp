// SPDX-License-Identifier: MIT
#include <array>

#include <fmt/format.h>

#include <kjump/call_class.hpp>

namespace kjump {

namespace {

struct KnownCalls {
  std::uint8_t vector;
  std::uint16_t first_ax, last_ax;
  CallTraits traits;
};

constexpr std::uint16_t kAnyFunction = 0xFFFF;
constexpr CallTraits kPureTraits{CallClass::kPure, CallDevice::kNone};
constexpr CallTraits kPureDisplay{CallClass::kPure, CallDevice::kDisplay};
constexpr CallTraits kNeverBack{CallClass::kUnsafe, CallDevice::kNone};

// The first row that fits counts; a vector's last row is that of all its other functions.
constexpr std::array kKnownCalls{
    KnownCalls{0x10, 0x0F00, 0x0FFF, kPureDisplay},  // current mode
    KnownCalls{0x10, 0x1A00, 0x1A00, kPureDisplay},  // display combination
    KnownCalls{0x10, 0x4F00, 0x4F01, kPureDisplay},  // VBE: the card, a mode
    KnownCalls{0x10, 0x4F03, 0x4F03, kPureDisplay},  // VBE: current mode
    KnownCalls{0x10, 0, kAnyFunction, {CallClass::kStateful, CallDevice::kDisplay}},
    KnownCalls{0x11, 0, kAnyFunction, kPureTraits}, KnownCalls{0x12, 0, kAnyFunction, kPureTraits},
    // What firmware has noted about its disks at boot; everything else may reach the controller (T52).
    KnownCalls{0x13, 0x0100, 0x01FF, kPureTraits}, KnownCalls{0x13, 0x0800, 0x08FF, kPureTraits},
    KnownCalls{0x13, 0x1500, 0x15FF, kPureTraits}, KnownCalls{0x13, 0x4100, 0x41FF, kPureTraits},
    KnownCalls{0x13, 0x4800, 0x48FF, kPureTraits},
    KnownCalls{0x13, 0, kAnyFunction, {CallClass::kStateful, CallDevice::kDisk}},
    KnownCalls{0x15, 0x5301, 0x53FF, kNeverBack},  // APM: takes the machine's power from ACPI
    KnownCalls{0x15, 0x8900, 0x89FF, kNeverBack},  // into firmware's protected mode
    KnownCalls{0x15, 0x8800, 0x88FF, kPureTraits}, KnownCalls{0x15, 0xC000, 0xC0FF, kPureTraits},
    KnownCalls{0x15, 0xE801, 0xE801, kPureTraits}, KnownCalls{0x15, 0xE820, 0xE820, kPureTraits},
    KnownCalls{0x16, 0x0200, 0x02FF, {CallClass::kPure, CallDevice::kKeyboard}},  // shift keys
    KnownCalls{0x16, 0, kAnyFunction, {CallClass::kStateful, CallDevice::kKeyboard}},
    KnownCalls{0x18, 0, kAnyFunction, kNeverBack},  // boot failed
    KnownCalls{0x19, 0, kAnyFunction, kNeverBack},  // boot
    KnownCalls{0x1A, 0x0200, 0x02FF, kPureTraits}, KnownCalls{0x1A, 0x0400, 0x04FF, kPureTraits},
    KnownCalls{0x1A, 0xB101, 0xB10A, kPureTraits}};  // PCI BIOS: present, find, read

}  // namespace

CallTraits traits_of(const PlannedCall& call) {
  for (const KnownCalls& known : kKnownCalls) {
    const bool whole_vector = known.first_ax == 0 && known.last_ax == kAnyFunction;
    const bool fits = call.ax ? known.first_ax <= *call.ax && *call.ax <= known.last_ax : whole_vector;
    if (known.vector == call.vector && fits) {
      return known.traits;
    }
  }
  return {};
}

std::string name_of(const PlannedCall& call) {
  return fmt::format("INT {:02X}h", call.vector) + (call.ax ? fmt::format(" AX={:04X}h", *call.ax) : "");
}

}  // namespace kjump
