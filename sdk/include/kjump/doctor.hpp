// SPDX-License-Identifier: MIT
/// Can this machine jump? A list of checks, each with what to do when it fails.
#pragma once

#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump {

enum class Verdict { kOk, kNote, kFail };

struct Check {
  std::string id;     ///< stable, for --json: "kexec-probe"
  std::string title;  ///< "kernel supports kexec jump"
  Verdict verdict = Verdict::kOk;
  std::string finding;                       ///< what was seen
  std::string fix;                           ///< what to do, empty when verdict is kOk
  ErrorCode code = ErrorCode::kUnsupported;  ///< what a session ends with; meaningful for kFail
};

/// No check failed.
[[nodiscard]] bool all_passed(const std::vector<Check>& checks);

/// The first failed check as an error, if there is one.
[[nodiscard]] Result<void> first_failure(const std::vector<Check>& checks);

struct DoorExamination {
  std::string name;  ///< "kexec", "wake"
  std::vector<Check> checks;

  [[nodiscard]] bool opens() const { return all_passed(checks); }
};

struct Examination {
  std::vector<Check> machine;          ///< what every door needs
  std::vector<DoorExamination> doors;  ///< in the order in which they are tried

  /// The door that a session would take; null when there is none, i.e. when no jump would be tried.
  [[nodiscard]] const DoorExamination* door() const;
};

/// Runs every check on the machine that this program runs on. Touches nothing. A session makes the very
/// same checks before it jumps; one for an image that needs the BIOS also fails where this has only a
/// note that there is none.
[[nodiscard]] Examination examine_host();

}  // namespace kjump
