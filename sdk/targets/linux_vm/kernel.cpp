// SPDX-License-Identifier: MIT
#include <system_error>

#include <kjump/linux_vm.hpp>

#include "targets/linux_vm/source_script.hpp"

namespace kjump {
namespace {

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
  const std::filesystem::path script = source_script("kernel");
  if (!std::filesystem::exists(script, error)) {
    return no_kernel(
        "kernels go by name only next to the source tree, and " + script.string() + " is not there",
        name_or_path, "give the path of a bzImage, or set KJUMP_SOURCE to the source tree");
  }
  KJUMP_TRY(const ScriptAnswer answer, path_from_script(script, {name_or_path}));
  if (!answer.path.empty()) {
    return answer.path;
  }
  const std::string& words = answer.words;
  return no_kernel(words.empty() ? "it is not in the cache yet" : words, name_or_path,
                   words.empty()
                       ? "get it, once, which fetches or builds it: " + script.string() + " " + name_or_path
                       : "give one of these names, or the path of a bzImage");
}

}  // namespace kjump
