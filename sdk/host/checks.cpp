// SPDX-License-Identifier: MIT
#include "host/checks.hpp"

#include <algorithm>
#include <iterator>

namespace kjump {
namespace {

void append(std::vector<Check>& to, std::vector<Check> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Check passed(std::string id, std::string title, std::string finding) {
  return {std::move(id), std::move(title), Verdict::kOk, std::move(finding), {}};
}

Check remark(std::string id, std::string title, std::string finding, std::string fix) {
  return {std::move(id), std::move(title), Verdict::kNote, std::move(finding), std::move(fix)};
}

Check failed(std::string id, std::string title, ErrorCode code, std::string finding, std::string fix) {
  return {std::move(id), std::move(title), Verdict::kFail, std::move(finding), std::move(fix), code};
}

std::vector<Check> examine_machine(const System& system, const Needs& needs) {
  std::vector<Check> checks = check_physical_access(system, needs);
  checks.push_back(check_kernel_version(system, needs));
  const auto page_zero = read_page_zero(system);
  append(checks, check_firmware(system, page_zero, needs));
  checks.push_back(check_low_memory(system, page_zero));
  checks.push_back(check_first_cpu(system));
  return checks;
}

bool all_passed(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check& check) { return check.verdict == Verdict::kFail; });
}

Result<void> first_failure(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    if (check.verdict == Verdict::kFail) {
      return fail(check.code, "this machine cannot jump now: " + check.finding, check.id, check.fix);
    }
  }
  return {};
}

std::string lockdown_mode(const System& system) {
  // "none [integrity] confidentiality"
  const std::string line = system.read_line("/sys/kernel/security/lockdown", "[none]");
  const auto open = line.find('[');
  const auto close = line.find(']');
  return open < close && close != std::string::npos ? line.substr(open + 1, close - open - 1) : "none";
}

bool has_capability(const System& system, unsigned bit) {
  return ((system.effective_capabilities() >> bit) & 1U) != 0;
}

}  // namespace kjump
