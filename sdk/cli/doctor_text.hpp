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

/// Width of the widest title, so that all tables of a report line up.
[[nodiscard]] inline std::size_t title_width(const Examination& examination) {
  std::size_t width = 0;
  const auto widen = [&](const std::vector<Check>& checks) {
    for (const Check& check : checks) {
      width = std::max(width, check.title.size());
    }
  };
  widen(examination.machine);
  for (const DoorExamination& door : examination.doors) {
    widen(door.checks);
  }
  return width;
}

/// One line per check, an indented line with the cure under each that failed.
[[nodiscard]] inline std::string check_lines(const std::vector<Check>& checks, std::size_t width) {
  std::string text;
  for (const Check& check : checks) {
    text +=
        fmt::format("{:<4}  {:<{}}  {}\n", verdict_word(check.verdict), check.title, width, check.finding);
    if (check.verdict == Verdict::kFail && !check.fix.empty()) {
      text += fmt::format("      fix: {}\n", check.fix);
    }
  }
  return text;
}

/// The machine's checks, then each door's, the verdict at the end.
[[nodiscard]] inline std::string doctor_table(const Examination& examination) {
  const std::size_t width = title_width(examination);
  std::string text = check_lines(examination.machine, width);
  for (const DoorExamination& door : examination.doors) {
    text += fmt::format("\n{} door: {}\n", door.name, door.opens() ? "open" : "closed");
    text += check_lines(door.checks, width);
  }
  if (const DoorExamination* door = examination.door()) {
    return text + "\nverdict: this machine can jump, through the " + door->name + " door\n";
  }
  return text + fmt::format("\nverdict: this machine cannot jump now, {}\n",
                            all_passed(examination.machine) ? "all doors are closed"
                                                            : "the machine lacks what every door needs");
}

[[nodiscard]] inline nlohmann::ordered_json checks_json(const std::vector<Check>& checks) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Check& check : checks) {
    const char* verdict = check.verdict == Verdict::kFail ? "fail" : verdict_word(check.verdict);
    list.push_back({{"id", check.id},
                    {"title", check.title},
                    {"verdict", verdict},
                    {"finding", check.finding},
                    {"fix", check.fix}});
  }
  return list;
}

/// {"can_jump": bool, "door": "kexec"|null, "checks": [CHECK], "doors": [{"name", "opens": bool, "checks":
/// [CHECK]}]} with CHECK = {"id", "title", "verdict": "ok|note|fail", "finding", "fix"}
[[nodiscard]] inline std::string doctor_json(const Examination& examination) {
  const DoorExamination* chosen = examination.door();
  nlohmann::ordered_json doors = nlohmann::ordered_json::array();
  for (const DoorExamination& door : examination.doors) {
    doors.push_back({{"name", door.name}, {"opens", door.opens()}, {"checks", checks_json(door.checks)}});
  }
  nlohmann::ordered_json document = {{"can_jump", chosen != nullptr}};
  document["door"] = chosen != nullptr ? nlohmann::ordered_json(chosen->name) : nlohmann::ordered_json();
  document["checks"] = checks_json(examination.machine);
  document["doors"] = std::move(doors);
  // Findings quote files of the machine; a stray byte must not end the program.
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace kjump::cli
