// SPDX-License-Identifier: MIT
/// Where what is known about second kernels lies, until the machine is switched off.
#pragma once

#include <sys/stat.h>

#include <cerrno>

#include <kjump/result.hpp>

namespace kjump::two_kernels {

inline constexpr const char* kRunDirectory = "/run/kjump";
inline constexpr const char* kRegistryDirectory = "/run/kjump/kernels";
inline constexpr const char* kHugeDirectory = "/run/kjump/huge";

/// Makes those that are not there, for root's eyes only.
[[nodiscard]] inline Result<void> make_directories() {
  for (const char* directory : {kRunDirectory, kRegistryDirectory, kHugeDirectory}) {
    if (::mkdir(directory, 0700) != 0 && errno != EEXIST) {
      return fail_errno("cannot make the directory", directory, "run as root");
    }
  }
  return {};
}

}  // namespace kjump::two_kernels
