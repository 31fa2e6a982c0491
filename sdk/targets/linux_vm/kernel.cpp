// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdlib>
#include <system_error>

#include <kjump/linux_vm.hpp>

#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/child_process.hpp"
#include "targets/qemu/files.hpp"

namespace kjump {
namespace {

constexpr std::chrono::seconds kLookupLimit{10};

std::filesystem::path kernel_script() {
  const char* chosen = std::getenv("KJUMP_SOURCE");
  const std::filesystem::path source = chosen != nullptr && *chosen != '\0' ? chosen : KJUMP_SOURCE_DIR;
  return source / "scripts" / "kernel";
}

Failure no_kernel(const std::string& why, const std::string& name, const std::string& hint) {
  return fail(ErrorCode::kInvalid, "no kernel for the virtual machine: " + why, name, hint);
}

}  // namespace

Result<std::filesystem::path> find_kernel(const std::string& name_or_path) {
  using namespace targets;
  std::error_code error;
  if (std::filesystem::is_regular_file(name_or_path, error)) {
    return std::filesystem::absolute(name_or_path);
  }
  if (name_or_path.find('/') != std::string::npos) {
    return no_kernel("there is no such file", name_or_path,
                     "give the path of a bzImage, or a name such as 6.12 or debian");
  }
  const std::filesystem::path script = kernel_script();
  if (!std::filesystem::exists(script, error)) {
    return no_kernel(
        "kernels go by name only next to the source tree, and " + script.string() + " is not there",
        name_or_path, "give the path of a bzImage, or set KJUMP_SOURCE to the source tree");
  }
  KJUMP_TRY(const Artifacts artifacts, Artifacts::create({}));
  const ProcessSpec spec{{script.string(), "--path-only", name_or_path},
                         artifacts.directory() / "path",
                         artifacts.directory() / "errors"};
  KJUMP_TRY(ChildProcess child, ChildProcess::start(spec));
  KJUMP_TRY(const auto end, child.wait(kLookupLimit));
  std::string path = read_log(spec.output);
  path.erase(path.find_last_not_of('\n') + 1);
  if (end && !end->by_signal && end->value == 0 && std::filesystem::exists(path, error)) {
    return path;
  }
  const std::string words = telling_lines(read_log(spec.errors));
  return no_kernel(words.empty() ? "it is not in the cache yet" : words, name_or_path,
                   words.empty()
                       ? "get it, once, which fetches or builds it: " + script.string() + " " + name_or_path
                       : "give one of these names, or the path of a bzImage");
}

}  // namespace kjump
