// SPDX-License-Identifier: MIT
/// Scripts of the source tree that know where something lies in the cache.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

/// scripts/NAME of the source tree: KJUMP_SOURCE, else the one that this program was built from.
[[nodiscard]] std::filesystem::path source_script(const std::string& name);

struct ScriptAnswer {
  std::filesystem::path path;  ///< empty: it has none
  std::string words;           ///< what it said about that
};

/// What `script --path-only ARGUMENT...` answers. An error when it cannot be asked.
[[nodiscard]] Result<ScriptAnswer> path_from_script(const std::filesystem::path& script,
                                                    const std::vector<std::string>& arguments);

}  // namespace kjump::targets
