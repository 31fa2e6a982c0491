// SPDX-License-Identifier: MIT
/// How the running kernel was configured, where it can be known: /proc/config.gz or /boot/config-RELEASE.
#pragma once

#include <string>

#include "host/system.hpp"

namespace kjump::hibernate {

enum class Setting { kNo, kYes, kUnknown };

class KernelConfig {
 public:
  [[nodiscard]] static KernelConfig read(const System& system);

  /// kYes for y and m. kUnknown when there is no configuration to look at.
  [[nodiscard]] Setting is_set(const std::string& name) const;
  [[nodiscard]] const std::string& source() const { return source_; }  ///< a path; empty: there is none

 private:
  std::string text_;
  std::string source_;
};

/// The content of a gzip file, at most `most` bytes of it; empty when it is none.
[[nodiscard]] std::string gunzip(const std::string& packed, std::size_t most);

}  // namespace kjump::hibernate
