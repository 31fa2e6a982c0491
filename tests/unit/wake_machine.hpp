// SPDX-License-Identifier: MIT
/// A FakeMachine that can sleep: real-mode block with wake-up code as Linux has it, a real-time clock with an
/// alarm, /sys/power, and firmware that jumps to whatever stands at the wake-up code.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <kjump/abi/layout.hpp>

#include "host/wake/wake_code.hpp"
#include "unit/host_machine.hpp"

namespace kjump::test {

inline constexpr std::uint32_t kBlock = 0x99000;
inline constexpr std::uint32_t kWakeCode = kBlock + 0x1D0;
inline constexpr std::uint32_t kWakeHeader = kBlock + 0x2C0;
inline constexpr std::uint32_t kSignaturePlace = kWakeHeader + 56;

/// cli; cld; ljmpw 0x9900:0x01e0
inline const std::string kWakeBytes("\xFA\xFC\xEA\xE0\x01\x00\x99", 7);

class WakeMachine : public FakeMachine {
 public:
  WakeMachine() {
    poke(kWakeCode, kWakeBytes);
    poke_dword(kSignaturePlace, 0x51EE1111);
    poke_dword(kBlock + 0x18, kWakeCode);
    poke_dword(kBlock + 0x1C, kWakeHeader);
    put("/sys/power/state", "freeze mem disk\n");
    put("/sys/power/mem_sleep", "[s2idle] deep\n");
    put("/sys/power/pm_test", "[none] core processors platform devices freezer\n");
    put("/sys/module/suspend/parameters/pm_test_delay", "5\n");
    put("/sys/class/rtc/rtc0/wakealarm", "");
    on_sleep = [this] { tick(); };
    on_write = [this](const std::string& file, const std::string& text) { return write(file, text); };
    on_suspend = [this] { return sleep_and_wake(); };
    tick();
  }

  bool payload_runs = true;  ///< the stub finds its own exchange
  int suspend_error = 0;
  std::uint64_t rehearsal_ns = 300'000'000;
  std::function<void()> while_asleep = [] {};

  void poke_dword(std::uint32_t address, std::uint32_t value) const {
    poke(address, std::string(reinterpret_cast<const char*>(&value), sizeof value));
  }
  [[nodiscard]] std::string wake_bytes() const { return peek(kWakeCode, kWakeBytes.size()); }
  [[nodiscard]] bool planted() const { return wake_bytes() != kWakeBytes; }
  [[nodiscard]] std::string alarm() const { return read_line("/sys/class/rtc/rtc0/wakealarm"); }

 private:
  void tick() const { put("/sys/class/rtc/rtc0/since_epoch", std::to_string(seconds()) + "\n"); }

  int write(const std::string& file, const std::string& text) const {
    if (file.ends_with("wakealarm")) {
      put(file, text == "0" ? "" : text + "\n");
    } else if (file.ends_with("mem_sleep")) {
      put(file, text == "deep" ? "s2idle [deep]\n" : "[s2idle] deep\n");
    } else if (file.ends_with("pm_test")) {
      put(file, text == "none" ? "[none] core devices\n" : "none [" + text + "] devices\n");
    } else {
      put(file, text + "\n");
    }
    return 0;
  }

  int sleep_and_wake() {
    if (read_line("/sys/power/pm_test").find("[none]") == std::string::npos) {
      sleep_ns(rehearsal_ns);
      return 0;
    }
    if (suspend_error != 0) {
      return suspend_error;
    }
    while_asleep();
    put("/sys/class/rtc/rtc0/wakealarm", "");  // it has gone off
    if (planted()) {
      poke(kWakeCode, kWakeBytes);
      return payload_runs ? on_reboot() : 0;  // answer() says what the payload does
    }
    return 0;
  }
};

/// small_image() with a wake entry.
[[nodiscard]] inline Image image_with_wake_entry() {
  const Image without = small_image();
  ImageInfo info = without.info();
  info.wake_entry = abi::kRealBase + 0x40;
  return Image::build(info, without.segments(), {}).value();
}

}  // namespace kjump::test
