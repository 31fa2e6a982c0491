// SPDX-License-Identifier: MIT
/// Can this machine jump? A list of checks, each with what to do when it fails.
#pragma once

#include <string>
#include <vector>

namespace kjump {

enum class Verdict { kOk, kNote, kFail };

struct Check {
  std::string id;       ///< stable, for --json: "kexec-probe"
  std::string title;    ///< "kernel supports kexec jump"
  Verdict verdict = Verdict::kOk;
  std::string finding;  ///< what was seen
  std::string fix;      ///< what to do, empty when verdict is kOk
};

/// Runs every check on the machine that this program runs on. Touches nothing.
[[nodiscard]] std::vector<Check> examine_host();

/// True when no check failed, i.e. when a jump would be tried.
[[nodiscard]] bool can_jump(const std::vector<Check>& checks);

}  // namespace kjump
