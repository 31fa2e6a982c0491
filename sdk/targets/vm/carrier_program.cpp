// SPDX-License-Identifier: MIT
#include "targets/vm/carrier_program.hpp"

#include <cstdlib>

#include "embedded/embedded.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {

Result<std::filesystem::path> carrier_program(const Artifacts& artifacts) {
  if (const char* chosen = std::getenv("KJUMP_VM_CARRIER"); chosen != nullptr && *chosen != '\0') {
    return std::filesystem::absolute(chosen);
  }
  std::filesystem::path path = artifacts.directory() / "vm_carrier.elf";
  KJUMP_CHECK(write_file(path, embedded_vm_carrier()));
  return path;
}

}  // namespace kjump::targets
