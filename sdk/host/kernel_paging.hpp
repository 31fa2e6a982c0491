// SPDX-License-Identifier: MIT
/// Which page tables an i386 kernel has: it turns paging on before it loads its CR4, so the stub must have
/// set CR4.PAE for it, or must not have (kexec_jump.md 2.1).
#pragma once

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// Three levels (CONFIG_X86_PAE) or two? The kernel says so in the VMCOREINFO note of /proc/kcore
/// (Documentation/admin-guide/kdump/vmcoreinfo.rst); an error when there is none.
[[nodiscard]] Result<bool> uses_pae(const System& system);

}  // namespace kjump
