// SPDX-License-Identifier: MIT
#include "targets/vm/carrier_program.hpp"

#include <cstdlib>

#include "targets/qemu/files.hpp"
#if __has_include("embedded/embedded.hpp")
#include "embedded/embedded.hpp"
#define KJUMP_HAS_EMBEDDED_CARRIER 1
#endif

namespace kjump::targets {

Result<std::filesystem::path> carrier_program(const Artifacts& artifacts) {
  if (const char* chosen = std::getenv("KJUMP_VM_CARRIER"); chosen != nullptr && *chosen != '\0') {
    return std::filesystem::absolute(chosen);
  }
#ifdef KJUMP_HAS_EMBEDDED_CARRIER
  std::filesystem::path path = artifacts.directory() / "vm_carrier.elf";
  KJUMP_CHECK(write_file(path, embedded_vm_carrier()));
  return path;
#else
  return fail(ErrorCode::kUnsupported, "this build has no carrier for virtual machines", artifacts.directory().string(),
              "set KJUMP_VM_CARRIER to the path of vm_carrier.elf");
#endif
}

}  // namespace kjump::targets
