// SPDX-License-Identifier: MIT
/// kjump_bootstrap: `kjump link` for the build itself, which has to make the images that the program
/// kjump carries inside. Not installed.
#include <cstdio>
#include <exception>

#include "link/arguments.hpp"

namespace {

int run(int argc, char** argv) {
  CLI::App app{"Links a jump image before there is a kjump.", "kjump_bootstrap"};
  kjump::linking::Arguments arguments;
  kjump::linking::add_arguments(app, arguments);
  CLI11_PARSE(app, argc, argv);
  if (const auto image = kjump::linking::link_as_told(arguments); !image) {
    std::fprintf(stderr, "kjump_bootstrap: %s\n", image.error().text().c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kjump_bootstrap: %s\n", error.what());
    return 1;
  }
}
