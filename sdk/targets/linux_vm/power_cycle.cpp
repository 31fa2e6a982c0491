// SPDX-License-Identifier: MIT
// A job in two lives of a machine: switched off under it, and started again with the same disks.
#include <fmt/format.h>

#include <utility>

#include <kjump/linux_vm.hpp>

#include "host/system.hpp"
#include "targets/linux_vm/guest_run.hpp"
#include "targets/qemu/files.hpp"

namespace kjump {
namespace {

using namespace targets;

constexpr const char* kSecondLife = "resumed";

// The logs of the first half stay readable.
LinuxVmOptions of_second_life(LinuxVmOptions options) {
  if (!options.machine.artifacts.empty()) {
    options.machine.artifacts /= kSecondLife;
  }
  return options;
}

std::string ending(const JobResult& result) {
  const std::string words = telling_lines(result.err.empty() ? result.out : result.err);
  return fmt::format("with code {}{}", result.exit_code, words.empty() ? "" : ": " + words);
}

Result<GuestRun> power_on(const LinuxVmOptions& options, const SuspendedJob& suspended, const PowerOn& how,
                          std::uint64_t nonce) {
  if (how.with == PowerOn::With::kLinux) {
    Job job = how.job;
    job.limit = suspended.limit;
    return run_linux(options, job, nonce);
  }
  KJUMP_TRY(Artifacts artifacts, Artifacts::create(options.machine.artifacts));
  if (options.machine.progress) {
    options.machine.progress("starting the machine again under QEMU");
  }
  std::vector<std::string> boot;
  if (how.with == PowerOn::With::kMultiboot) {
    boot = {"-kernel", how.program.string()};
    if (!how.command_line.empty()) {
      boot.insert(boot.end(), {"-append", how.command_line});
    }
  }
  return run_machine(options, suspended.limit, boot, std::move(artifacts));
}

Result<SuspendedJob> suspended_job(GuestRun& guest, std::uint64_t nonce, std::chrono::milliseconds limit) {
  if (const auto result = guest.result(nonce)) {
    return guest_failure("the job ended before the machine was switched off, " + ending(*result),
                         guest.outcome, guest.artifacts);
  }
  if (guest.outcome.end != QemuEnd::kGuestStopped || !guest.outcome.power_off) {
    return guest_failure("the job was to have its machine switched off", guest.outcome, guest.artifacts);
  }
  return SuspendedJob{nonce, limit, guest.console()};
}

}  // namespace

Result<SuspendedJob> LinuxVm::run_until_power_off(const Job& job) const {
  KJUMP_TRY(const std::uint64_t nonce, System().random());
  KJUMP_TRY(GuestRun guest, run_linux(options_, job, nonce));
  return suspended_job(guest, nonce, job.limit);
}

Result<SuspendedJob> LinuxVm::resume_until_power_off(const SuspendedJob& suspended,
                                                     const PowerOn& how) const {
  KJUMP_TRY(const std::uint64_t nonce, System().random());
  KJUMP_TRY(GuestRun guest, power_on(of_second_life(options_), suspended, how, nonce));
  return suspended_job(guest, suspended.nonce, suspended.limit);
}

Result<JobResult> LinuxVm::resume(const SuspendedJob& suspended, const PowerOn& how) const {
  KJUMP_TRY(const std::uint64_t nonce, System().random());
  KJUMP_TRY(GuestRun guest, power_on(of_second_life(options_), suspended, how, nonce));
  auto result = guest.result(suspended.nonce);
  if (result) {
    return result;
  }
  if (const auto other = guest.result(nonce)) {
    return guest_failure("the job that was to bring the suspended one back ended itself, " + ending(*other),
                         guest.outcome, guest.artifacts);
  }
  return guest_failure("the suspended job did not go on: " + result.error().what, guest.outcome,
                       guest.artifacts);
}

}  // namespace kjump
