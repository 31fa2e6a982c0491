// SPDX-License-Identifier: MIT
/// A program of this machine's, with the libraries it needs, for a guest.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "linux/guest.hpp"

namespace kjump::tests {

/// The libraries that the program needs, by the dynamic loader's own word.
inline std::vector<std::string> libraries_of(const std::string& program) {
  std::vector<std::string> libraries;
  FILE* pipe = popen(("ldd " + program).c_str(), "r");
  char line[512];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text(line);
    if (const auto begin = text.find('/'); begin != std::string::npos) {
      libraries.push_back(text.substr(begin, text.find(' ', begin) - begin));
    }
  }
  pclose(pipe);
  return libraries;
}

/// Puts it below `root` of the guest, where it is here.
inline void add_program(Guest& guest, const std::string& program, const std::string& root = {}) {
  ASSERT_TRUE(std::filesystem::exists(program)) << "install the package it is in; see scripts/lib/build.sh";
  guest.with_file(program, root + program, true);
  for (const std::string& library : libraries_of(program)) {
    guest.with_file(library, root + library, true);
  }
}

}  // namespace kjump::tests
