// SPDX-License-Identifier: MIT
#include "link/support.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace kjump::linking {
namespace {

namespace fs = std::filesystem;

Support files_in(const fs::path& directory, const image::Mode& mode) {
  const std::string name(mode.name);
  return {directory / ("kjump-" + name + ".ld"), directory / ("libkjump-" + name + ".a"),
          directory / mode.stub};
}

/// First file that is not there; empty when all are.
fs::path missing_file(const Support& support) {
  std::error_code ignored;
  for (const fs::path& file : {support.script, support.runtime, support.stub}) {
    if (!fs::is_regular_file(file, ignored)) {
      return file;
    }
  }
  return {};
}

Result<Support> demand(const fs::path& directory, const image::Mode& mode, std::string hint) {
  Support support = files_in(directory, mode);
  if (const fs::path missing = missing_file(support); !missing.empty()) {
    return fail(ErrorCode::kInvalid, "the support directory lacks a file", missing.string(), std::move(hint));
  }
  return support;
}

/// Where the files of this very program may be, the likeliest first.
std::vector<fs::path> own_directories() {
  std::vector<fs::path> directories;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path home = program.parent_path();
    directories.push_back((home / "../lib/kjump").lexically_normal());
    directories.push_back((home / "../../support").lexically_normal());  // build tree
  }
  directories.emplace_back(KJUMP_INSTALLED_SUPPORT_DIR);
  return directories;
}

}  // namespace

Result<Support> find_support(const fs::path& wanted, const image::Mode& mode) {
  if (!wanted.empty()) {
    return demand(wanted, mode, "it is not what kjump's build or installation made");
  }
  if (const char* variable = std::getenv("KJUMP_SUPPORT_DIR"); variable != nullptr && *variable != '\0') {
    return demand(variable, mode, "correct or unset KJUMP_SUPPORT_DIR");
  }
  std::string tried;
  for (const fs::path& directory : own_directories()) {
    Support support = files_in(directory, mode);
    if (missing_file(support).empty()) {
      return support;
    }
    tried += (tried.empty() ? "" : ", ") + directory.string();
  }
  return fail(ErrorCode::kInvalid,
              "found no support directory with kjump's runtime for mode " + std::string(mode.name), tried,
              "install kjump completely, or set KJUMP_SUPPORT_DIR");
}

}  // namespace kjump::linking
