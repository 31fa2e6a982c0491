// SPDX-License-Identifier: MIT
/// The one way in which the host part talks to the operating system. The base class is the real
/// machine; a unit test derives from it, puts a directory in place of "/" and scripts the rest.
#pragma once

#include <linux/kexec.h>
#include <sched.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/unique_fd.hpp"

namespace kjump {

/// What SGDT stores.
struct DescriptorTable {
  std::uint64_t base = 0;
  std::uint16_t limit = 0;
};

/// The parts of uname(2) that matter here.
struct KernelNames {
  std::string release;  ///< "6.1.0-56-amd64"
  std::string machine;  ///< "x86_64" or "i686"
};

class System {
 public:
  /// `root` stands before every path: empty for the real machine.
  explicit System(std::string root = {}) : root_(std::move(root)) {}
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  System(System&&) = delete;
  System& operator=(System&&) = delete;
  virtual ~System() = default;

  // Files. Paths are absolute; errors name them without the root.
  [[nodiscard]] Result<UniqueFd> open(const std::string& path, int flags, mode_t mode = 0) const;
  [[nodiscard]] Result<std::string> read_file(const std::string& path) const;
  [[nodiscard]] Result<std::string> read_at(const std::string& path, std::uint64_t offset,
                                            std::size_t bytes) const;
  /// Content without the newline at its end, or `fallback` when the file cannot be read.
  [[nodiscard]] std::string read_line(const std::string& path, const std::string& fallback = {}) const;
  /// read_file() for what does not change while Linux runs: once, as long as a FactsKept lives.
  [[nodiscard]] Result<std::string> read_fact(const std::string& path) const;
  [[nodiscard]] bool exists(const std::string& path) const;
  /// Without symbolic links, as sysfs needs it to tell what a device hangs on.
  [[nodiscard]] Result<std::string> real_path(const std::string& path) const;
  /// Makes `path` a file with this content, whole or not at all, for root's eyes only.
  [[nodiscard]] Result<void> replace_file(const std::string& path, const std::string& content) const;
  void remove_file(const std::string& path) const;
  /// One write(2) into a file that exists, as sysfs wants it. Returns 0 or an errno.
  [[nodiscard]] virtual int write_line(const std::string& path, const std::string& text);
  [[nodiscard]] std::vector<std::string> list_directory(const std::string& path) const;

  // System calls that a test cannot make for real. Those that return int return 0 or an errno.
  [[nodiscard]] virtual KernelNames kernel_names() const;
  /// All memory that the kernel manages; it takes at most half of it for segments.
  [[nodiscard]] virtual std::uint64_t total_memory_bytes() const;
  /// One bit a capability; none when the kernel does not say.
  [[nodiscard]] virtual std::uint64_t effective_capabilities() const;
  /// `flags` without the architecture, which is the kernel's.
  [[nodiscard]] virtual int kexec_load(std::uint64_t entry, std::span<const kexec_segment> segments,
                                       std::uint64_t flags);
  /// kexec_load with a segment list that cannot be read: changes nothing (kexec_jump.md 4.1).
  [[nodiscard]] virtual int kexec_probe();
  [[nodiscard]] virtual int reboot_kexec();
  /// Suspends the machine as /sys/power/mem_sleep has it; returns when it is awake again.
  [[nodiscard]] virtual int suspend();
  virtual void sync();
  [[nodiscard]] virtual int get_affinity(cpu_set_t& cpus) const;
  [[nodiscard]] virtual int set_affinity(const cpu_set_t& cpus);
  [[nodiscard]] virtual DescriptorTable store_gdt() const;
  [[nodiscard]] virtual Result<std::uint64_t> random() const;

  /// Runs a program to its end, with these variables added to the environment. Its exit status; 128 + signal
  /// when a signal ended it.
  [[nodiscard]] virtual Result<int> run_program(const std::string& path,
                                                const std::vector<std::string>& arguments,
                                                const std::vector<std::string>& variables);
  /// Gives the kernel's random generator bytes that it counts as random, and makes it use them at once.
  [[nodiscard]] virtual int add_entropy(std::span<const std::uint8_t> bytes);

  // Clocks.
  [[nodiscard]] virtual std::uint64_t wall_seconds() const;  ///< since 1970, UTC
  [[nodiscard]] virtual int set_wall_seconds(std::uint64_t seconds);
  [[nodiscard]] virtual std::uint64_t timestamp() const;     ///< TSC
  [[nodiscard]] virtual std::uint64_t monotonic_ns() const;  ///< CLOCK_MONOTONIC_RAW
  [[nodiscard]] virtual std::uint64_t boottime_ns() const;   ///< CLOCK_BOOTTIME: goes on while suspended
  virtual void sleep_ns(std::uint64_t nanoseconds) const;

 private:
  friend class FactsKept;
  using Files = std::map<std::string, Result<std::string>>;

  std::string root_;
  mutable std::optional<Files> facts_;  ///< those read so far, while a FactsKept lives
};

/// For as long as it lives, read_fact() reads each file once. Not nested.
class FactsKept {
 public:
  explicit FactsKept(const System& system) : system_(system) { system_.facts_.emplace(); }
  FactsKept(const FactsKept&) = delete;
  FactsKept& operator=(const FactsKept&) = delete;
  FactsKept(FactsKept&&) = delete;
  FactsKept& operator=(FactsKept&&) = delete;
  ~FactsKept() { system_.facts_.reset(); }

 private:
  const System& system_;
};

/// Stays on CPU 0 for as long as it lives: the jump, the GDT and the TSC readings are CPU 0's.
class OnCpu0 {
 public:
  explicit OnCpu0(System& system);
  OnCpu0(const OnCpu0&) = delete;
  OnCpu0& operator=(const OnCpu0&) = delete;
  OnCpu0(OnCpu0&&) = delete;
  OnCpu0& operator=(OnCpu0&&) = delete;
  ~OnCpu0();

  /// 0, or the errno that kept us from moving.
  [[nodiscard]] int error() const { return error_; }

 private:
  System& system_;
  cpu_set_t before_{};
  int error_ = 0;
};

/// Holds back SIGINT, SIGTERM and SIGHUP for as long as it lives, so that nothing but SIGKILL can end
/// the program while an image is loaded.
class SignalsHeld {
 public:
  SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  SignalsHeld(SignalsHeld&&) = delete;
  SignalsHeld& operator=(SignalsHeld&&) = delete;
  ~SignalsHeld();

  /// One of the signals has arrived and waits.
  [[nodiscard]] static bool one_waits();

 private:
  sigset_t before_{};
};

}  // namespace kjump
