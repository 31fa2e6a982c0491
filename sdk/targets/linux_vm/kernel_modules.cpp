// SPDX-License-Identifier: MIT
#include "targets/linux_vm/kernel_modules.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <sstream>
#include <system_error>

#include "host/unique_fd.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

constexpr const char* kGuestDirectory = "/kjump/modules/";
constexpr const char* kFetchAgain = "remove the kernel's directory and fetch it again with scripts/kernel";

Result<void> insert_module(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return fail_errno("cannot open the kernel module", path);
  }
  // The C library has no function for it. Returns once the driver has looked for its devices.
  if (::syscall(SYS_finit_module, file.get(), "", 0) == 0) {
    return {};
  }
  // ENODEV: this machine lacks what the module is for. EEXIST: it is there, perhaps built in.
  if (errno == ENODEV || errno == EEXIST) {
    return {};
  }
  return fail_errno("cannot load the kernel module", path, "the kernel's messages on the console say more");
}

}  // namespace

Result<std::vector<std::string>> parse_load_order(const std::string& text, const std::string& origin) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    if (line.find('/') != std::string::npos || !line.ends_with(".ko")) {
      return fail(ErrorCode::kMalformed, "not the file name of a kernel module: '" + line + "'", origin,
                  kFetchAgain);
    }
    if (!seen.insert(line).second) {
      return fail(ErrorCode::kMalformed, "a kernel module is listed twice: " + line, origin, kFetchAgain);
    }
    names.push_back(line);
  }
  return names;
}

Result<std::vector<GuestFile>> modules_of(const std::filesystem::path& kernel) {
  std::vector<GuestFile> modules;
  const std::filesystem::path directory = kernel.parent_path() / "modules";
  const std::filesystem::path list = directory / "load-order";
  std::error_code error;
  if (!std::filesystem::exists(list, error)) {
    return modules;
  }
  KJUMP_TRY(const std::vector<std::string> names, parse_load_order(read_log(list), list.string()));
  for (const std::string& name : names) {
    auto module = GuestFile::copy_of(directory / name, kGuestDirectory + name);
    if (!module) {
      module.error().hint = kFetchAgain;
      return Failure(module.error());
    }
    modules.push_back(*std::move(module));
  }
  return modules;
}

Result<void> insert_modules(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    KJUMP_CHECK(insert_module(path));
  }
  return {};
}

}  // namespace kjump::targets
