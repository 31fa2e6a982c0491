// SPDX-License-Identifier: MIT
/// Somebody outside of the machine, who wakes it as soon as it sleeps.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace kjump::tests {

/// Speaks QMP (QEMU's docs/interop/qmp-spec) with a machine that has `arguments()`: after the event SUSPEND
/// it says system_wakeup, which for the guest is its power button (hw/acpi/core.c: acpi_notify_wakeup).
class WakeButton {
 public:
  explicit WakeButton(const std::filesystem::path& directory)
      : socket_(directory / "qmp"), thread_([this] { work(); }) {}
  ~WakeButton() {
    done_ = true;
    thread_.join();
  }
  WakeButton(const WakeButton&) = delete;
  WakeButton& operator=(const WakeButton&) = delete;
  WakeButton(WakeButton&&) = delete;
  WakeButton& operator=(WakeButton&&) = delete;

  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"-qmp", "unix:" + socket_.string() + ",server=on,wait=off"};
  }
  [[nodiscard]] int presses() const { return presses_; }

 private:
  static constexpr timeval kPatience{0, 100'000};  // then it looks whether the test is over

  void work() {
    int machine = -1;
    while (!done_ && (machine = connect()) < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    std::string heard;
    if (machine >= 0) {
      say(machine, "qmp_capabilities");
    }
    while (!done_ && listen(machine, heard)) {
      if (heard.find("\"SUSPEND\"") != std::string::npos) {
        heard.clear();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        say(machine, "system_wakeup");
        ++presses_;
      }
    }
    if (machine >= 0) {
      ::close(machine);
    }
  }

  [[nodiscard]] int connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int machine = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(machine, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
    if (::connect(machine, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      return machine;
    }
    ::close(machine);
    return -1;
  }

  static void say(int machine, const std::string& command) {
    const std::string text = R"({"execute": ")" + command + "\"}\n";
    static_cast<void>(::send(machine, text.data(), text.size(), MSG_NOSIGNAL));
  }

  // False at its end; without anything to hear it is true after a while.
  static bool listen(int machine, std::string& heard) {
    char buffer[4096];
    const ssize_t bytes = ::recv(machine, buffer, sizeof(buffer), 0);
    if (bytes > 0) {
      heard.append(buffer, static_cast<std::size_t>(bytes));
    }
    return machine >= 0 && (bytes > 0 || (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)));
  }

  std::filesystem::path socket_;
  std::atomic<bool> done_ = false;
  std::atomic<int> presses_ = 0;
  std::thread thread_;
};

}  // namespace kjump::tests
