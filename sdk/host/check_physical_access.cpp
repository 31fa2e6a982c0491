// SPDX-License-Identifier: MIT
// May this process reach low physical memory? (kexec_jump.md 5)
#include "host/checks.hpp"
#include "host/physical_memory.hpp"

#include <kjump/abi/layout.hpp>

#include <linux/capability.h>

namespace kjump {
namespace {

Check check_raw_io(const System& system, bool required) {
  static constexpr const char* kId = "cap-sys-rawio";
  static constexpr const char* kTitle = "may use physical memory";
  if (has_capability(system, CAP_SYS_RAWIO)) {
    return passed(kId, kTitle, "CAP_SYS_RAWIO is held");
  }
  static constexpr const char* kFinding = "CAP_SYS_RAWIO is missing";
  static constexpr const char* kFix = "run as root, outside of unprivileged containers";
  return required ? failed(kId, kTitle, ErrorCode::kForbidden, kFinding, kFix)
                  : remark(kId, kTitle, kFinding, kFix);
}

Check check_lockdown(const System& system) {
  static constexpr const char* kId = "lockdown";
  static constexpr const char* kTitle = "kernel is not locked down";
  const std::string mode = lockdown_mode(system);
  if (mode == "none") {
    return passed(kId, kTitle, "lockdown is off");
  }
  return failed(kId, kTitle, ErrorCode::kForbidden,
                "lockdown is in mode '" + mode + "': it forbids kexec_load and /dev/mem",
                "turn Secure Boot off in the firmware setup, or boot without lockdown=" + mode);
}

// Mapping for reading shows that the range can be reached without changing it; one page speaks for all of
// conventional memory (devmem_is_allowed() in arch/x86/mm/init.c).
Check check_device(const System& system, bool required) {
  static constexpr const char* kId = "dev-mem";
  static constexpr const char* kTitle = "low memory can be mapped";
  const auto mapping =
      PhysicalMapping::map(system, abi::kExchangeBase, abi::kPageBytes, PhysicalMapping::Access::kRead);
  if (mapping) {
    return passed(kId, kTitle, "/dev/mem maps the exchange");
  }
  Error error = mapping.error();
  const std::string fix = error.hint;
  error.hint.clear();
  return required ? failed(kId, kTitle, error.code, error.text(), fix)
                  : remark(kId, kTitle, error.text(), fix);
}

}  // namespace

std::vector<Check> check_physical_access(const System& system, const Needs& needs) {
  const bool required = needs.exchange || needs.bios;
  return {check_raw_io(system, required), check_lockdown(system), check_device(system, required)};
}

}  // namespace kjump
