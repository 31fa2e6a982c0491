// SPDX-License-Identifier: MIT
#include <utility>

#include <kjump/linux_vm.hpp>

#include "host/system.hpp"
#include "targets/linux_vm/frame.hpp"
#include "targets/linux_vm/initramfs.hpp"
#include "targets/linux_vm/kernel_modules.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump {
namespace {

using namespace targets;

// Every message of the kernel on the serial port, also while devices are suspended for a jump; a panic
// resets at once, which ends QEMU.
// no_timer_check: an emulated machine may stand still while the kernel counts ticks in a loop of 10 ms; it
// would panic ("IO-APIC + timer doesn't work", arch/x86/kernel/apic/io_apic.c).
constexpr const char* kCommandLine =
    "console=ttyS0 no_console_suspend panic=-1 loglevel=7 no_timer_check rdinit=/init";

struct Paths {
  std::filesystem::path kernel, initramfs, port;
};

Result<QemuSpec> qemu_spec(const LinuxVmOptions& options, const Job& job, const Paths& paths) {
  QemuSpec spec;
  spec.limit = job.limit;
  KJUMP_TRY(spec.arguments, machine_arguments(options.machine, false));
  std::string command_line = kCommandLine;
  if (!options.extra_command_line.empty()) {
    command_line += " " + options.extra_command_line;
  }
  spec.arguments.insert(
      spec.arguments.end(),
      {"-kernel", paths.kernel.string(), "-initrd", paths.initramfs.string(), "-append", command_line,
       "-device", "virtio-serial-pci", "-chardev", "file,id=agent,path=" + option_value(paths.port),
       "-device", std::string("virtserialport,chardev=agent,name=") + kAgentPort});
  return spec;
}

}  // namespace

Result<GuestFile> GuestFile::copy_of(const std::filesystem::path& source, std::string path, bool executable) {
  KJUMP_TRY(std::vector<std::byte> content, read_file(source));
  return GuestFile{std::move(path), std::move(content), executable};
}

Result<JobResult> LinuxVm::run(const Job& job) const {
  KJUMP_TRY(const std::filesystem::path kernel, find_kernel(options_.kernel));
  KJUMP_TRY(const std::uint64_t nonce, System().random());
  KJUMP_TRY(const std::vector<GuestFile> modules, modules_of(kernel));
  KJUMP_TRY(const std::vector<std::byte> initramfs,
            build_initramfs(job, modules, width_of_kernel(kernel), nonce));
  KJUMP_TRY(Artifacts artifacts, Artifacts::create(options_.machine.artifacts));
  const Paths paths{kernel, artifacts.confidential("initramfs.cpio"), artifacts.confidential("agent.port")};
  KJUMP_CHECK(write_file(paths.initramfs, initramfs));
  KJUMP_TRY(const QemuSpec spec, qemu_spec(options_, job, paths));
  if (options_.machine.progress) {
    options_.machine.progress("running a job in Linux " + options_.kernel + " under QEMU");
  }
  KJUMP_TRY(const QemuOutcome outcome, run_qemu(spec, artifacts));

  // However QEMU ended: a whole result is a result. One that hangs while turning off was still in time.
  const std::string stream = read_log(paths.port);
  auto result = find_frame(std::as_bytes(std::span(stream)), nonce);
  if (!result) {
    return guest_failure(result.error().what, outcome, artifacts);
  }
  result->console = artifacts.kept() ? artifacts.serial_log() : std::filesystem::path();
  return result;
}

}  // namespace kjump
