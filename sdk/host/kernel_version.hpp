// SPDX-License-Identifier: MIT
/// Which kernel this is, and what follows from that (kexec_jump.md 6).
#pragma once

#include <string>
#include <tuple>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

struct KernelVersion {
  unsigned series = 0;     ///< 6 in 6.12.117 ("major" and "minor" are macros of sys/sysmacros.h)
  unsigned feature = 0;    ///< 12
  unsigned stable = 0;     ///< 117
  bool candidate = false;  ///< -rc

  [[nodiscard]] bool at_least(unsigned wanted_series, unsigned wanted_feature,
                              unsigned wanted_stable = 0) const {
    return std::tie(series, feature, stable) >= std::tie(wanted_series, wanted_feature, wanted_stable);
  }
  [[nodiscard]] std::string text() const;
};

struct Kernel {
  std::string release;  ///< uname -r
  std::string machine;  ///< uname -m
  KernelVersion version;

  [[nodiscard]] bool is_x86_64() const { return machine == "x86_64"; }
  /// "i686"; "i386" to "i586" on older processors.
  [[nodiscard]] bool is_i386() const {
    return machine.size() == 4 && machine.front() == 'i' && machine.ends_with("86");
  }

  /// Loads its own GDT when a payload comes back (07fa619f2a40: 6.13, 6.12.5, 6.6.66; never i386).
  [[nodiscard]] bool restores_gdt() const;
  /// Keeps nothing of its own below 1 MiB (f1d4d47c5851).
  [[nodiscard]] bool leaves_low_memory_idle() const { return version.at_least(5, 13); }
  /// Reads the next entry from a slot of its own stack page (2cacf7f23a02).
  [[nodiscard]] bool has_own_return_slot() const { return version.at_least(6, 14); }
  /// Thaws the devices again when one of them refuses to freeze (996afb6efd1a).
  [[nodiscard]] bool recovers_from_failed_freeze() const { return version.at_least(6, 17); }
  /// CPU 0's GDT alias stands at a fixed address (kexec_jump.md 2.2 number 2).
  [[nodiscard]] bool has_fixed_gdt_alias() const;
};

/// "6.12.117+deb12-amd64" and the like. An error when there is no version in it.
[[nodiscard]] Result<KernelVersion> parse_kernel_version(const std::string& text);

/// The running kernel. Distributions that keep the patch level out of uname -r are looked up where they
/// put it: /proc/version ("Debian 6.1.192-2") and /proc/version_signature (Ubuntu).
[[nodiscard]] Result<Kernel> identify_kernel(const System& system);

}  // namespace kjump
