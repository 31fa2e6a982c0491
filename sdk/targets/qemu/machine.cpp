// SPDX-License-Identifier: MIT
#include "targets/qemu/machine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "targets/qemu/qemu.hpp"

namespace kjump::targets {
namespace {

constexpr std::size_t kIdeDrives = 4;  // two channels, two drives each
constexpr std::size_t kAhciPorts = 6;

using Arguments = std::vector<std::string>;

Result<void> check_disk(const Disk& disk, const std::string& machine) {
  if (::access(disk.path.c_str(), disk.read_only ? R_OK : R_OK | W_OK) != 0) {
    return fail_errno("cannot use the disk image", disk.path.string(),
                      "make one with: truncate -s 64M " + disk.path.string());
  }
  if (disk.bus == DiskBus::kIde && machine == "q35") {
    return fail(ErrorCode::kInvalid, "a q35 machine has no IDE controller", disk.path.string(),
                "use " + disk.path.string() + ":ahci, or machine pc");
  }
  return {};
}

// The name of the bus for the nth AHCI disk. q35 has its controller built in; pc gets one.
std::string ahci_bus(std::size_t index, const std::string& machine, Arguments& arguments) {
  if (machine == "q35") {
    return fmt::format("ide.{}", index);
  }
  if (index == 0) {
    arguments.insert(arguments.end(), {"-device", "ahci,id=ahci"});
  }
  return fmt::format("ahci.{}", index);
}

struct Counts {
  std::size_t ide = 0, ahci = 0, all = 0;
};

Result<void> add_disk(const Disk& disk, const std::string& machine, Counts& counts, Arguments& arguments) {
  KJUMP_CHECK(check_disk(disk, machine));
  const std::string id = fmt::format("disk{}", counts.all++);
  std::string device;
  // An ATA disk cannot be read-only; writes into a snapshot leave the file alone just as well.
  bool snapshot = false;
  switch (disk.bus) {
    case DiskBus::kIde:
      device = fmt::format("ide-hd,bus=ide.{},unit={}", counts.ide / 2, counts.ide % 2);
      snapshot = disk.read_only;
      if (counts.ide++ == kIdeDrives) {
        return fail(ErrorCode::kLimit, "too many IDE disks, four is the most", disk.path.string());
      }
      break;
    case DiskBus::kAhci:
      device = "ide-hd,bus=" + ahci_bus(counts.ahci, machine, arguments);
      snapshot = disk.read_only;
      if (counts.ahci++ == kAhciPorts) {
        return fail(ErrorCode::kLimit, "too many AHCI disks, six is the most", disk.path.string());
      }
      break;
    case DiskBus::kNvme:
      device = "nvme,serial=kjump-" + id;
      break;
    case DiskBus::kVirtio:
      device = "virtio-blk-pci";
      break;
  }
  const char* protection = !disk.read_only ? "" : snapshot ? ",snapshot=on" : ",read-only=on";
  arguments.insert(arguments.end(),
                   {"-drive",
                    fmt::format("if=none,format=raw,id={},file={}{}", id,
                                option_value(std::filesystem::absolute(disk.path)), protection),
                    // The first disk boots; nothing else has an influence on which one firmware takes.
                    "-device", fmt::format("{},drive={},bootindex={}", device, id, counts.all)});
  return {};
}

}  // namespace

Result<std::vector<std::string>> machine_arguments(const MachineOptions& options, bool ram_backend) {
  Arguments arguments{
      "-m",
      std::to_string(options.memory_mib),
      "-cpu",
      options.cpu_model,
      "-smp",
      std::to_string(options.cpus),
      "-machine",
      options.machine + (options.hpet ? "" : ",hpet=off") + (ram_backend ? ",memory-backend=ram" : "")};
  if (ram_backend) {
    arguments.insert(arguments.end(),
                     {"-object", fmt::format("memory-backend-file,id=ram,share=on,size={}M,mem-path={}",
                                             options.memory_mib, kRamPlaceholder)});
  }
  Counts counts;
  for (const Disk& disk : options.disks) {
    KJUMP_CHECK(add_disk(disk, options.machine, counts, arguments));
  }
  arguments.insert(arguments.end(), options.extra_arguments.begin(), options.extra_arguments.end());
  return arguments;
}

}  // namespace kjump::targets
