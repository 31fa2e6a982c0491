// SPDX-License-Identifier: MIT
/// The guest's root file system: busybox, kjump, init, the kernel's modules, and the job's files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <kjump/result.hpp>

#include "targets/linux_vm/kernel_width.hpp"

namespace kjump::targets {

/// An uncompressed cpio archive for QEMU's -initrd, with programs of the kernel's width. The agent loads
/// `modules` in their order.
[[nodiscard]] Result<std::vector<std::byte>> build_initramfs(const Job& job,
                                                             const std::vector<GuestFile>& modules,
                                                             Width width, std::uint64_t nonce);

}  // namespace kjump::targets
