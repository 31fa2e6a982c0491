// SPDX-License-Identifier: MIT
/// What the guest's agent is told: a small JSON file in the initramfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

inline constexpr const char* kJobPath = "/kjump/job.json";
inline constexpr const char* kScriptPath = "/kjump/script";

struct JobFile {
  std::uint64_t nonce = 0;
  std::vector<std::string> arguments;
  std::vector<std::string> outputs;
  std::vector<std::string> modules;  ///< paths of kernel modules to load first, in this order
  bool echo = true;                  ///< standard output goes to the console, too; standard error always does
};

[[nodiscard]] std::string encode_job(const JobFile& job);
[[nodiscard]] Result<JobFile> decode_job(const std::string& text);

}  // namespace kjump::targets
