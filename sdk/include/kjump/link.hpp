// SPDX-License-Identifier: MIT
/// From object files to a jump image: ld.lld as a process, then the sdk's own image writer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kjump/image.hpp>

namespace kjump {

struct LinkOptions {
  abi::PayloadMode mode = abi::PayloadMode::kPhysical;
  std::string name;  ///< empty: stem of the output path
  std::string version = "0";
  std::string description;
  std::uint32_t deadline_ms = 0;
  bool needs_bios = true;
  bool standalone = false;                    ///< no exchange; loadable by any kexec
  std::vector<std::filesystem::path> inputs;  ///< ELF objects and archives with kjump_main
  std::filesystem::path support_directory;    ///< where kjump.ld and libkjump-*.a are; empty: found by itself
  std::filesystem::path map_file;             ///< linker map, empty: none
};

/// Links and returns the checked image. Errors carry the linker's own words.
[[nodiscard]] Result<Image> link(const LinkOptions& options);

}  // namespace kjump
