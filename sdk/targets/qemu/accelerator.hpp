// SPDX-License-Identifier: MIT
/// Which accelerator QEMU should use on this machine.
#pragma once

#include <string>

#include <kjump/result.hpp>

namespace kjump::targets {

/// "kvm" where the processor offers virtualisation and a trial guest answers within a second, else "tcg".
/// KJUMP_ACCEL=tcg, tcg-multi or kvm overrides it. Tries once per process.
[[nodiscard]] Result<std::string> choose_accelerator();

/// What QEMU's -accel wants for it. "tcg" runs all processors of the guest in one thread: with a thread for
/// each, QEMU 7.2 now and then runs instructions that another processor has just replaced, and a kernel that
/// patches its own code (static keys, while booting and while waking up) dies of an `int3`
/// (docs/decisions.md).
[[nodiscard]] std::string accelerator_argument(const std::string& accelerator);

/// Does a /proc/cpuinfo text speak of hardware virtualisation (flags vmx or svm)?
[[nodiscard]] bool offers_virtualisation(const std::string& cpuinfo);

}  // namespace kjump::targets
