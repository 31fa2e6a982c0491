// SPDX-License-Identifier: MIT
/// Where CPU 0's kernel GDT is: kernels that do not load it themselves when a payload comes back need
/// the stub to do it, or they die at once (kexec_jump.md 1.5 number 7, 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/kernel_version.hpp"
#include "host/system.hpp"

namespace kjump {

struct KernelGdt {
  std::uint64_t base = 0;   ///< linear address in the kernel's map
  std::uint16_t limit = 0;  ///< as for LGDT
  std::string source;       ///< "SGDT", ...
};

struct KernelGdtSearch {
  std::optional<KernelGdt> found;
  std::vector<std::string> failures;  ///< why other ways led nowhere: "SGDT: ..."
  bool needed = false;                ///< this kernel does not load its GDT itself

  /// An error when there is none and the kernel needs one.
  [[nodiscard]] Result<void> verdict(const Kernel& kernel) const;
};

/// Where the kernel needs its GDT: tries SGDT on CPU 0, then the per-CPU area through /proc/kcore, then the
/// fixed alias of old kernels. What is found looks like a kernel GDT.
[[nodiscard]] KernelGdtSearch find_kernel_gdt(System& system, const Kernel& kernel);

}  // namespace kjump
