// SPDX-License-Identifier: MIT
#include "host/kept_image.hpp"

namespace kjump {
namespace {

constexpr const char* kKeptImageFile = "/run/kjump-kept-image";

}  // namespace

std::string kept_image_of(const System& system) {
  return system.read_line(kKeptImageFile);
}

Result<void> note_kept_image(const System& system, const std::string& name) {
  return system.replace_file(kKeptImageFile, name + "\n");
}

void forget_kept_image(const System& system) {
  system.remove_file(kKeptImageFile);
}

}  // namespace kjump
