// SPDX-License-Identifier: MIT
#include "targets/linux_vm/guest_run.hpp"

#include <span>
#include <utility>

#include "targets/linux_vm/frame.hpp"
#include "targets/linux_vm/initramfs.hpp"
#include "targets/linux_vm/kernel_modules.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"

namespace kjump::targets {
namespace {

// Every message of the kernel on the serial port, also while devices are suspended for a jump; a panic
// resets at once, which ends QEMU.
// no_timer_check: an emulated machine may stand still while the kernel counts ticks in a loop of 10 ms; it
// would panic ("IO-APIC + timer doesn't work", arch/x86/kernel/apic/io_apic.c).
constexpr const char* kCommandLine =
    "console=ttyS0 no_console_suspend panic=-1 loglevel=7 no_timer_check rdinit=/init";

}  // namespace

Result<JobResult> GuestRun::result(std::uint64_t nonce) const {
  auto found = find_frame(std::as_bytes(std::span(stream)), nonce);
  if (found) {
    found->console = console();
  }
  return found;
}

std::filesystem::path GuestRun::console() const {
  return artifacts.kept() ? artifacts.serial_log() : std::filesystem::path();
}

Result<GuestRun> run_machine(const LinuxVmOptions& options, std::chrono::milliseconds limit,
                             const std::vector<std::string>& boot, Artifacts artifacts) {
  const std::filesystem::path port = artifacts.confidential("agent.port");
  QemuSpec spec;
  spec.limit = limit;
  KJUMP_TRY(spec.arguments, machine_arguments(options.machine, false));
  spec.arguments.insert(spec.arguments.end(), boot.begin(), boot.end());
  spec.arguments.insert(
      spec.arguments.end(),
      {"-device", "virtio-serial-pci", "-chardev", "file,id=agent,path=" + option_value(port), "-device",
       std::string("virtserialport,chardev=agent,name=") + kAgentPort});
  KJUMP_TRY(const QemuOutcome outcome, run_qemu(spec, artifacts));
  std::string stream = read_log(port);
  return GuestRun{std::move(artifacts), outcome, std::move(stream)};
}

Result<GuestRun> run_linux(const LinuxVmOptions& options, const Job& job, std::uint64_t nonce) {
  KJUMP_TRY(const std::filesystem::path kernel, find_kernel(options.kernel));
  KJUMP_TRY(const std::vector<GuestFile> modules, modules_of(kernel));
  KJUMP_TRY(const std::vector<std::byte> initramfs,
            build_initramfs(job, modules, width_of_kernel(kernel), nonce));
  KJUMP_TRY(Artifacts artifacts, Artifacts::create(options.machine.artifacts));
  const std::filesystem::path archive = artifacts.confidential("initramfs.cpio");
  KJUMP_CHECK(write_file(archive, initramfs));
  if (options.machine.progress) {
    options.machine.progress("running a job in Linux " + options.kernel + " under QEMU");
  }
  std::string command_line = kCommandLine;
  if (!options.extra_command_line.empty()) {
    command_line += " " + options.extra_command_line;
  }
  return run_machine(options, job.limit,
                     {"-kernel", kernel.string(), "-initrd", archive.string(), "-append", command_line},
                     std::move(artifacts));
}

}  // namespace kjump::targets
