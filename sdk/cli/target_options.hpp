// SPDX-License-Identifier: MIT
/// Options that say where an image runs. Shared by every command that runs one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::cli {

/// Add it to a command, parse, then make() the target. Must outlive the parser.
class TargetOptions {
 public:
  void add_to(CLI::App& app) {
    app.add_option("--target", target_, "where to run: host, vm (bare QEMU), linux-vm (QEMU with a Linux)")
        ->check(CLI::IsMember({"host", "vm", "linux-vm"}))
        ->capture_default_str()
        ->group(kGroup);
    door_only_.push_back(
        app.add_option("--door", door_.choice,
                       "host, linux-vm: how to leave Linux, by kexec jump or by ACPI S3 (wake)")
            ->transform(CLI::CheckedTransformer(door_names()))
            ->type_name("auto|kexec|wake"));
    door_only_.push_back(
        app.add_option("--alarm", door_.alarm_seconds,
                       "wake door: seconds until the alarm wakes the machine (default: as few as are safe)")
            ->check(CLI::Range(1, 3600)));
    door_only_.push_back(app.add_flag(
        "--unsafe", allow_unsafe_,
        "host, linux-vm: make BIOS calls that are unsafe after Linux, too; they may hang the machine"));
    for (CLI::Option* option : door_only_) {
      option->group(kGroup);
    }
    add_machine_to(app);
  }

  /// Only what describes the virtual machine and its Linux, for a command that has no other target.
  void add_machine_to(CLI::App& app) {
    linux_only_.push_back(app.add_option(
        "--kernel", linux_.kernel,
        "linux-vm: kernel, 6.12, 6.1, debian, debian-6.12 (Debian's own) or the path of a bzImage"));
    linux_only_.push_back(
        app.add_option("--append", linux_.extra_command_line, "linux-vm: more for the kernel command line"));
    MachineOptions& machine = linux_.machine;
    machine_only_.push_back(app.add_option("--cpus", machine.cpus, "processors of the virtual machine")
                                ->check(CLI::Range(1, 255)));
    machine_only_.push_back(
        app.add_option("--memory", machine.memory_mib, "its memory in MiB")->check(CLI::Range(64, 1 << 20)));
    machine_only_.push_back(
        app.add_option("--cpu", machine.cpu_model, "its processor model, as for QEMU's -cpu"));
    machine_only_.push_back(
        app.add_option("--machine", machine.machine, "its chip set")->check(CLI::IsMember({"pc", "q35"})));
    machine_only_.push_back(
        app.add_option("--artifacts", artifacts_, "keep serial log and QEMU command line in this directory"));
    for (CLI::Option* option : linux_only_) {
      option->capture_default_str()->group(kGroup);
    }
    for (CLI::Option* option : machine_only_) {
      option->capture_default_str()->group(kGroup);
    }
    // One file for each --disk: the next word is the image to run.
    machine_only_.push_back(
        app.add_option("--disk", disks_,
                       "raw disk image on an ide, ahci, nvme or virtio bus; may be repeated")
            ->allow_extra_args(false)
            ->type_name("FILE[:BUS]")
            ->group(kGroup));
  }

  /// The target that the options describe; an error when they contradict each other.
  [[nodiscard]] Result<std::unique_ptr<Target>> make(Progress progress = {}) const {
    KJUMP_CHECK(check_fit());
    if (target_ == "host") {
      return make_host_target(door_, std::move(progress));
    }
    KJUMP_TRY(LinuxVmOptions options, linux_vm_options(std::move(progress)));
    if (target_ == "vm") {
      return make_vm_target(std::move(options.machine));
    }
    return make_linux_vm_target(std::move(options));
  }

  /// "host", "vm" or "linux-vm".
  [[nodiscard]] const std::string& target() const { return target_; }

  /// For RunRequest::allow_unsafe.
  [[nodiscard]] bool allow_unsafe() const { return allow_unsafe_; }

  /// For commands that use a LinuxVm themselves.
  [[nodiscard]] Result<LinuxVmOptions> linux_vm_options(Progress progress = {}) const {
    LinuxVmOptions options = linux_;
    options.door = door_;
    for (const std::string& text : disks_) {
      KJUMP_TRY(Disk disk, parse_disk(text));
      options.machine.disks.push_back(std::move(disk));
    }
    options.machine.artifacts = artifacts_;
    options.machine.progress = std::move(progress);
    return options;
  }

 private:
  static constexpr const char* kGroup = "Target";

  [[nodiscard]] Result<void> check_fit() const {
    if (target_ == "host") {
      KJUMP_CHECK(refuse(machine_only_, "--target vm or --target linux-vm"));
    }
    if (target_ != "linux-vm") {
      KJUMP_CHECK(refuse(linux_only_, "--target linux-vm"));
    }
    if (target_ == "vm") {
      KJUMP_CHECK(refuse(door_only_, "--target host or --target linux-vm"));
    }
    return {};
  }

  [[nodiscard]] Result<void> refuse(const std::vector<CLI::Option*>& options, const std::string& need) const {
    const auto used = std::find_if(options.begin(), options.end(),
                                   [](const CLI::Option* option) { return option->count() > 0; });
    if (used == options.end()) {
      return {};
    }
    return fail(ErrorCode::kInvalid, (*used)->get_name() + " means nothing on target " + target_,
                "--target " + target_, "leave it out, or add " + need);
  }

  static std::map<std::string, DoorChoice> door_names() {
    return {{"auto", DoorChoice::kAuto}, {"kexec", DoorChoice::kKexec}, {"wake", DoorChoice::kWake}};
  }

  std::string target_ = "host";
  DoorOptions door_;
  bool allow_unsafe_ = false;
  LinuxVmOptions linux_;
  std::vector<std::string> disks_;
  std::string artifacts_;
  std::vector<CLI::Option*> machine_only_;
  std::vector<CLI::Option*> linux_only_;
  std::vector<CLI::Option*> door_only_;
};

}  // namespace kjump::cli
