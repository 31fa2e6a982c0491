// SPDX-License-Identifier: MIT
#include "host/kernel_paging.hpp"

#include "host/kernel_memory.hpp"

namespace kjump {

Result<bool> uses_pae(const System& system) {
  const auto notes = read_kernel_notes(system);
  // A line that every VMCOREINFO has: without it the absence of the other means nothing.
  if (!notes || notes->find("OSRELEASE=") == std::string::npos) {
    return fail(ErrorCode::kUnsupported, "cannot find out whether this i386 kernel uses PAE",
                notes ? "no VMCOREINFO in /proc/kcore" : notes.error().text(),
                "the kernel needs CONFIG_PROC_KCORE");
  }
  return notes->find("\nCONFIG_X86_PAE=y\n") != std::string::npos;
}

}  // namespace kjump
