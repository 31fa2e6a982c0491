// SPDX-License-Identifier: MIT
/// A line on the terminal that says what takes so long.
#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include <kjump/target.hpp>

#include "report/terminal.hpp"

namespace kjump::cli {

/// Appears on standard error after two seconds, counts them, and goes away with this object. Silent when
/// standard error is no terminal.
class ProgressLine {
 public:
  ProgressLine() : start_(Clock::now()) {
    if (::isatty(STDERR_FILENO) != 0) {
      thread_ = std::thread([this] { show(); });
    }
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ProgressLine(ProgressLine&&) = delete;
  ProgressLine& operator=(ProgressLine&&) = delete;
  ~ProgressLine() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  /// For a target; this object must outlive it.
  [[nodiscard]] Progress callback() {
    return [this](const std::string& text) {
      const std::lock_guard lock(mutex_);
      text_ = report::for_terminal(text);
    };
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{2};
  static constexpr const char* kClearLine = "\r\033[K";

  void show() {
    std::unique_lock lock(mutex_);
    bool shown = false;
    while (
        !changed_.wait_until(lock, Clock::now() + std::chrono::milliseconds(500), [this] { return done_; })) {
      const auto passed = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start_);
      if (passed >= kPatience && !text_.empty()) {
        std::fprintf(stderr, "%s%s, %lld s", kClearLine, text_.c_str(),
                     static_cast<long long>(passed.count()));
        shown = true;
      }
    }
    if (shown) {
      std::fprintf(stderr, "%s", kClearLine);
    }
  }

  Clock::time_point start_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::string text_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace kjump::cli
