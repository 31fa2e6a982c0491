// SPDX-License-Identifier: MIT
/// A Linux of ours in QEMU that runs one job and hands its results back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump {

/// A file that the guest finds at `path`.
struct GuestFile {
  std::string path;  ///< absolute, not below /proc, /sys or /dev
  std::vector<std::byte> content;
  bool executable = false;

  /// A copy of a file of this machine.
  [[nodiscard]] static Result<GuestFile> copy_of(const std::filesystem::path& source, std::string path,
                                                 bool executable = false);
};

/// What the guest is to do, as root, with busybox and this kjump program in its PATH.
struct Job {
  std::vector<std::string> arguments;  ///< program and arguments; leave empty to run `script`
  std::string script;                  ///< for /bin/sh (busybox)
  std::vector<GuestFile> files;
  std::vector<std::string> outputs;  ///< absolute paths of files to bring back
  bool echo =
      true;  ///< the start of what it prints also goes to the console, as a trace for a job that is lost
  std::chrono::milliseconds limit{60'000};  ///< from starting QEMU to the result; then the guest is killed
};

struct JobResult {
  int exit_code = 0;                                    ///< 128 + n when signal n killed the job
  std::string out;                                      ///< standard output
  std::string err;                                      ///< standard error
  std::map<std::string, std::vector<std::byte>> files;  ///< those outputs that existed
  std::filesystem::path console;  ///< serial log; empty when no artifacts directory was named
};

/// A job whose machine was switched off before it ended, by itself or by what it started: the rest of it is
/// on a disk.
struct SuspendedJob {
  std::uint64_t nonce = 0;  ///< of the result to come
  std::chrono::milliseconds limit{0};
  std::filesystem::path
      console;  ///< serial log of the first half; empty when no artifacts directory was named
};

/// What a machine is started with that is to go on with a suspended job. Disks and devices are as before.
struct PowerOn {
  enum class With {
    kFirmware,   ///< the first disk boots
    kMultiboot,  ///< a Multiboot program, as a boot loader would start it
    kLinux,      ///< the same Linux again, with a job of its own that is to bring the suspended one back
  };
  With with = With::kFirmware;
  std::filesystem::path program;  ///< kMultiboot
  std::string command_line;       ///< kMultiboot
  Job job;                        ///< kLinux
};

/// Boots a fresh guest for every job. Results come through a port of their own, marked with a nonce and a
/// checksum; nothing that appears on the console counts. Environment: KJUMP_AGENT names the static kjump
/// program to put into the guest (default: this program, when it is kjump); a guest with an i386 kernel gets
/// kjump-i386, which lies beside it, and what scripts/i386 has fetched. KJUMP_ACCEL=tcg|kvm and
/// KJUMP_QEMU choose the emulator, KJUMP_SOURCE the source tree whose scripts/kernel finds kernels by name.
class LinuxVm {
 public:
  explicit LinuxVm(LinuxVmOptions options) : options_(std::move(options)) {}

  /// An Error means that the job's end is unknown: QEMU failed, the guest died, hung or sent nonsense. It
  /// quotes the console and names the directory with log and command line, which is kept then.
  [[nodiscard]] Result<JobResult> run(const Job& job) const;

  /// The first half of a job that the machine is switched off under. Anything else is an Error: that the job
  /// ended, that the machine was reset, and what run() calls one.
  [[nodiscard]] Result<SuspendedJob> run_until_power_off(const Job& job) const;
  /// The rest: a new machine, and the result of the job that was suspended. An Error quotes what came
  /// instead.
  [[nodiscard]] Result<JobResult> resume(const SuspendedJob& suspended, const PowerOn& how) const;
  /// The same for a job that is switched off under once more.
  [[nodiscard]] Result<SuspendedJob> resume_until_power_off(const SuspendedJob& suspended,
                                                            const PowerOn& how) const;

  [[nodiscard]] const LinuxVmOptions& options() const { return options_; }

 private:
  LinuxVmOptions options_;
};

/// The bzImage behind LinuxVmOptions::kernel. The error says how to get one that is missing.
[[nodiscard]] Result<std::filesystem::path> find_kernel(const std::string& name_or_path);

}  // namespace kjump
