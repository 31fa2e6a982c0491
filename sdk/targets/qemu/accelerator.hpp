// SPDX-License-Identifier: MIT
/// Which accelerator QEMU should use on this machine.
#pragma once

#include <string>

#include <kjump/result.hpp>

namespace kjump::targets {

/// "kvm" where the processor offers virtualisation and a trial guest answers within a second, else "tcg".
/// KJUMP_ACCEL=tcg or KJUMP_ACCEL=kvm overrides it. Tries once per process.
[[nodiscard]] Result<std::string> choose_accelerator();

/// Does a /proc/cpuinfo text speak of hardware virtualisation (flags vmx or svm)?
[[nodiscard]] bool offers_virtualisation(const std::string& cpuinfo);

}  // namespace kjump::targets
