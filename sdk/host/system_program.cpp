// SPDX-License-Identifier: MIT
// Other programs.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "host/system.hpp"

namespace kjump {

Result<int> System::run_program(const std::string& path, const std::vector<std::string>& arguments,
                                const std::vector<std::string>& variables) {
  const std::string program = root_ + path;
  std::vector<std::string> texts{program};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    argv.push_back(text.data());
  }
  argv.push_back(nullptr);
  std::vector<std::string> settings = variables;
  std::vector<char*> environment;
  environment.reserve(settings.size() + 1);
  for (std::string& setting : settings) {
    environment.push_back(setting.data());
  }
  for (char** inherited = ::environ; inherited != nullptr && *inherited != nullptr; ++inherited) {
    environment.push_back(*inherited);
  }
  environment.push_back(nullptr);
  pid_t child = 0;
  if (const int error =
          ::posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environment.data());
      error != 0) {
    return fail(ErrorCode::kSystem, "cannot run", path, {}, error);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail_errno("cannot wait for", path);
    }
  }
  constexpr int kSignalStatus = 128;  // as shells say it
  return WIFSIGNALED(status) ? kSignalStatus + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace kjump
