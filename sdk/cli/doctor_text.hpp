// SPDX-License-Identifier: MIT
/// What `kjump doctor` prints: a table for people, JSON for programs.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <kjump/doctor.hpp>

namespace kjump::cli {

/// How a verdict is called in the table; "FAIL" is large so that the eye finds it.
[[nodiscard]] inline const char* verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kNote:
      return "note";
    case Verdict::kFail:
      break;
  }
  return "FAIL";
}

/// One line per check, an indented line with the cure under each that failed, the verdict at the end.
[[nodiscard]] inline std::string doctor_table(const std::vector<Check>& checks) {
  std::size_t width = 0;
  for (const Check& check : checks) {
    width = std::max(width, check.title.size());
  }
  std::string text;
  for (const Check& check : checks) {
    text +=
        fmt::format("{:<4}  {:<{}}  {}\n", verdict_word(check.verdict), check.title, width, check.finding);
    if (check.verdict == Verdict::kFail && !check.fix.empty()) {
      text += fmt::format("      fix: {}\n", check.fix);
    }
  }
  const auto failures = std::count_if(checks.begin(), checks.end(),
                                      [](const Check& check) { return check.verdict == Verdict::kFail; });
  if (failures == 0) {
    return text + "verdict: this machine can jump\n";
  }
  return text + fmt::format("verdict: this machine cannot jump now, {} failed\n",
                            failures == 1 ? "1 check" : fmt::format("{} checks", failures));
}

/// {"can_jump": bool, "checks": [{"id", "title", "verdict": "ok|note|fail", "finding", "fix"}]}
[[nodiscard]] inline std::string doctor_json(const std::vector<Check>& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    const char* verdict = check.verdict == Verdict::kFail ? "fail" : verdict_word(check.verdict);
    list.push_back({{"id", check.id},
                    {"title", check.title},
                    {"verdict", verdict},
                    {"finding", check.finding},
                    {"fix", check.fix}});
  }
  const nlohmann::ordered_json document = {{"can_jump", can_jump(checks)}, {"checks", std::move(list)}};
  // Findings quote files of the machine; a stray byte must not end the program.
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace kjump::cli
