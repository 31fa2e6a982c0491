// SPDX-License-Identifier: MIT
/// Which of the payload's drivers reaches a disk, and where it finds it (runtime/include/kjump/disk.hpp),
/// from where sysfs has the disk's device.
#pragma once

#include <string>
#include <vector>

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct DiskWay {
  abi::hibernate::DiskAddress address{};
  std::vector<std::string> pci;  ///< functions on the way, bridges first: "0000:00:1f.2"
};

/// `disk`: the kernel's name of a whole disk, "sda". Refused with the reason where no driver of ours reaches
/// it.
[[nodiscard]] Result<DiskWay> find_disk(const System& system, const std::string& disk);

/// The functions on the way to `first`, and behind them those on the way to every other disk that there is a
/// driver for, each once and bridges first; as many as a request has room for.
[[nodiscard]] std::vector<std::string> functions_of_all_disks(const System& system, const DiskWay& first);

/// "virtio", "nvme", ...
[[nodiscard]] const char* driver_name(abi::hibernate::DiskDriver driver);
/// "ahci 00:1f.2 port 0"
[[nodiscard]] std::string address_text(const abi::hibernate::DiskAddress& address);

}  // namespace kjump::hibernate
