// SPDX-License-Identifier: MIT
// Will kexec_load be accepted? Each way in which the kernel refuses it has a check of its own, because
// the system call says EPERM for all of them (kexec_jump.md 4.1).
#include <linux/capability.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "host/checks.hpp"
#include "host/kept_image.hpp"

namespace kjump {
namespace {

constexpr const char* kDisabledFile = "/proc/sys/kernel/kexec_load_disabled";
constexpr const char* kLimitFile = "/proc/sys/kernel/kexec_load_limit_reboot";
constexpr int kUnlimited = -1;
// Loading is one call, unloading is one, and the kernel counts both.
constexpr int kCallsOfASession = 2;

Check check_boot_capability(const System& system) {
  static constexpr const char* kTitle = "may load and start kernels";
  if (has_capability(system, CAP_SYS_BOOT)) {
    return passed("cap-sys-boot", kTitle, "CAP_SYS_BOOT is held");
  }
  return failed("cap-sys-boot", kTitle, ErrorCode::kForbidden, "CAP_SYS_BOOT is missing",
                "run as root, outside of unprivileged containers");
}

Check check_disabled(const System& system) {
  static constexpr const char* kId = "kexec-load-disabled";
  static constexpr const char* kTitle = "kexec_load is not switched off";
  if (system.read_line(kDisabledFile, "0") == "0") {
    return passed(kId, kTitle, "kernel.kexec_load_disabled is 0");
  }
  return failed(kId, kTitle, ErrorCode::kForbidden, "kernel.kexec_load_disabled is 1",
                "it stays set until the next boot: remove it from /etc/sysctl.d and reboot");
}

// Calls that kernel.kexec_load_limit_reboot still allows; kUnlimited without such a limit (before 6.3).
int calls_left(const System& system) {
  const std::string text = system.read_line(kLimitFile, "-1");
  int left = kUnlimited;
  std::from_chars(text.data(), text.data() + text.size(), left);
  return left;
}

Check check_limit(int left) {
  static constexpr const char* kId = "kexec-load-limit";
  static constexpr const char* kTitle = "kexec_load may be called often enough";
  if (left < 0) {
    return passed(kId, kTitle, "no limit");
  }
  const std::string finding = "kernel.kexec_load_limit_reboot leaves " + std::to_string(left) + " calls";
  static constexpr const char* kFix =
      "it can only be lowered until the next boot: remove it from /etc/sysctl.d and reboot";
  if (left < kCallsOfASession) {
    return failed(kId, kTitle, ErrorCode::kForbidden, finding + ", loading and unloading take 2", kFix);
  }
  return remark(kId, kTitle, finding + ", each session takes 2", kFix);
}

Check check_loaded(const System& system) {
  static constexpr const char* kId = "kexec-loaded";
  static constexpr const char* kTitle = "no other image is loaded";
  if (system.read_line("/sys/kernel/kexec_loaded", "0") == "0") {
    return passed(kId, kTitle, "/sys/kernel/kexec_loaded is 0");
  }
  if (const std::string name = kept_image_of(system); !name.empty()) {
    return failed(kId, kTitle, ErrorCode::kBusy,
                  "the memory of second kernel " + name +
                      " is kept in the image that is loaded (/sys/kernel/kexec_loaded is 1)",
                  "give that kernel up: kjump kernel drop " + name);
  }
  return failed(kId, kTitle, ErrorCode::kBusy,
                "another image is already loaded (/sys/kernel/kexec_loaded is 1)", "unload it with kexec -u");
}

Check check_still_loaded(const System& system) {
  static constexpr const char* kId = "kexec-loaded";
  static constexpr const char* kTitle = "the image is still loaded";
  if (system.read_line("/sys/kernel/kexec_loaded", "0") != "0") {
    return passed(kId, kTitle, "/sys/kernel/kexec_loaded is 1");
  }
  return failed(kId, kTitle, ErrorCode::kInvalid,
                "the image has been unloaded, and with it what it held (/sys/kernel/kexec_loaded is 0)",
                "kexec -u, or a program that loaded another image, did that");
}

// EPERM has five causes; name the one that is there.
std::string who_forbids(const System& system) {
  if (!has_capability(system, CAP_SYS_BOOT)) {
    return "CAP_SYS_BOOT is missing";
  }
  if (const std::string mode = lockdown_mode(system); mode != "none") {
    return "the kernel is locked down (" + mode + ")";
  }
  if (system.read_line(kDisabledFile, "0") != "0") {
    return "kernel.kexec_load_disabled is set";
  }
  return "a security module (LoadPin) or a container's seccomp filter";
}

Check explain_probe(const System& system, int error) {
  static constexpr const char* kId = "kexec-probe";
  static constexpr const char* kTitle = "kernel supports kexec jump";
  switch (error) {
    case EFAULT:  // it got as far as reading the segment list, which is not there
      return passed(kId, kTitle, "kexec_load accepts KEXEC_PRESERVE_CONTEXT");
    case EINVAL:
      return failed(kId, kTitle, ErrorCode::kUnsupported, "the kernel is built without CONFIG_KEXEC_JUMP",
                    "use a kernel with KEXEC_JUMP (Ubuntu, Fedora and NixOS have it), or build one");
    case ENOSYS:
      return failed(
          kId, kTitle, ErrorCode::kUnsupported, "the kernel is built without CONFIG_KEXEC",
          "use a kernel with KEXEC and KEXEC_JUMP (Ubuntu, Fedora and NixOS have it), or build one");
    case EPERM:
      return failed(kId, kTitle, ErrorCode::kForbidden,
                    "kexec_load is refused with EPERM: " + who_forbids(system), "remove that obstacle");
    case EACCES:
      return failed(kId, kTitle, ErrorCode::kForbidden, "kexec_load is refused with EACCES",
                    "the IMA appraisal policy wants signed kernels; boot without ima_policy=secure_boot");
    default:
      return failed(kId, kTitle, ErrorCode::kSystem,
                    std::string("kexec_load answers the probe with ") + std::strerror(error),
                    "report this with uname -r");
  }
}

Check check_probe(System& system, int left) {
  // Where calls are counted, a probe would use one up that a session needs.
  if (left >= 0) {
    return remark("kexec-probe", "kernel supports kexec jump",
                  "not tried, because kernel.kexec_load_limit_reboot counts every call");
  }
  return explain_probe(system, system.kexec_probe());
}

}  // namespace

std::vector<Check> check_kexec_rights(System& system) {
  const int left = calls_left(system);
  return {check_boot_capability(system), check_disabled(system), check_limit(left), check_probe(system, left),
          check_loaded(system)};
}

std::vector<Check> check_kexec_kept(const System& system) {
  return {check_boot_capability(system), check_still_loaded(system)};
}

}  // namespace kjump
