// SPDX-License-Identifier: MIT
/// The guest's root file system: busybox, kjump, init, the kernel's modules, and the job's files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kjump/linux_vm.hpp>
#include <kjump/result.hpp>

namespace kjump::targets {

/// An uncompressed cpio archive for QEMU's -initrd. The agent loads `modules` in their order.
[[nodiscard]] Result<std::vector<std::byte>> build_initramfs(const Job& job,
                                                             const std::vector<GuestFile>& modules,
                                                             std::uint64_t nonce);

}  // namespace kjump::targets
