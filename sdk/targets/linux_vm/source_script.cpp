// SPDX-License-Identifier: MIT
#include "targets/linux_vm/source_script.hpp"

#include <chrono>
#include <cstdlib>
#include <system_error>

#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/child_process.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

constexpr std::chrono::seconds kLookupLimit{10};

}  // namespace

std::filesystem::path source_script(const std::string& name) {
  const char* chosen = std::getenv("KJUMP_SOURCE");
  const std::filesystem::path source = chosen != nullptr && *chosen != '\0' ? chosen : KJUMP_SOURCE_DIR;
  return source / "scripts" / name;
}

Result<ScriptAnswer> path_from_script(const std::filesystem::path& script,
                                      const std::vector<std::string>& arguments) {
  KJUMP_TRY(const Artifacts artifacts, Artifacts::create({}));
  ProcessSpec spec{
      {script.string(), "--path-only"}, artifacts.directory() / "path", artifacts.directory() / "errors"};
  spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
  KJUMP_TRY(ChildProcess child, ChildProcess::start(spec));
  KJUMP_TRY(const auto end, child.wait(kLookupLimit));
  std::string path = read_log(spec.output);
  path.erase(path.find_last_not_of('\n') + 1);
  std::error_code error;
  if (end && !end->by_signal && end->value == 0 && std::filesystem::exists(path, error)) {
    return ScriptAnswer{path, {}};
  }
  return ScriptAnswer{{}, telling_lines(read_log(spec.errors))};
}

}  // namespace kjump::targets
