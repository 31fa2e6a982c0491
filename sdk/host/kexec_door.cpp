// SPDX-License-Identifier: MIT
#include "host/kexec_door.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "host/checks.hpp"
#include "host/kernel_paging.hpp"
#include "host/kernel_version.hpp"
#include "host/segment_limits.hpp"

namespace kjump {
namespace {

// What kexec_load's errno means (kexec_jump.md 4.1), for a call that has passed our own checks.
Failure load_failed(int error) {
  const auto because = [error](ErrorCode code, const char* hint) {
    return fail(code, "cannot load the image", "kexec_load", hint, error);
  };
  switch (error) {
    case EBUSY:
      return because(ErrorCode::kBusy, "another kexec operation is going on; try again");
    case EPERM:
    case EACCES:
      return because(ErrorCode::kForbidden, "run kjump doctor: it looks for who forbids it");
    case EINVAL:
      return because(ErrorCode::kUnsupported,
                     "the kernel is built without CONFIG_KEXEC_JUMP, or dislikes a segment");
    case EADDRNOTAVAIL:
      return because(ErrorCode::kLimit, "a segment lies outside of the memory that the kernel can reach");
    case ENOMEM:
      return because(ErrorCode::kSystem, "the kernel needs free memory of the image's size, outside of it");
    default:
      return because(ErrorCode::kSystem, "run kjump doctor");
  }
}

kexec_segment kexec_segment_of(const Segment& segment) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a physical address, which the system call wants as a pointer
  const void* destination = reinterpret_cast<const void*>(std::uintptr_t{segment.address});
  return {segment.content.data(), segment.content.size(), destination, segment.memory_bytes};
}

std::string jump_hint(int error) {
  switch (error) {
    case EPERM:
      return "CAP_SYS_BOOT is missing; run as root";
    case EINVAL:
      return "the image is no longer loaded, or this is not the initial PID namespace (container)";
    case EBUSY:
      return "a task did not freeze, a wake-up event is pending, a CPU did not go offline or another kexec "
             "is "
             "going on; dmesg says which; try again";
    default:
      return "a driver refused to freeze its device; dmesg names it (\"PM: failed to freeze\"); unload that "
             "driver "
             "and try again";
  }
}

// kexec_jump.md 3.1: the error path of older kernels leaves out the thaw of what was frozen already.
Failure jump_failed(const System& system, int error) {
  std::string hint = jump_hint(error);
  const auto kernel = identify_kernel(system);
  const bool early = error == EPERM || error == EINVAL;  // refused before anything was frozen
  if (!early && !(kernel && kernel->recovers_from_failed_freeze())) {
    hint +=
        "; devices may be degraded now, because kernels before 6.17 leave those suspended that were "
        "frozen before the refusal: if one is dead, reboot";
  }
  const ErrorCode code = error == EPERM   ? ErrorCode::kForbidden
                         : error == EBUSY ? ErrorCode::kBusy
                                          : ErrorCode::kSystem;
  return fail(code, "the kernel did not jump", "reboot(LINUX_REBOOT_CMD_KEXEC)", std::move(hint), error);
}

}  // namespace

KexecDoor::~KexecDoor() {
  static_cast<void>(put_back());
}

const KernelGdtSearch& KexecDoor::gdt(const Kernel& kernel) {
  if (!gdt_) {
    gdt_ = find_kernel_gdt(system_, kernel);
  }
  return *gdt_;
}

std::vector<Check> KexecDoor::examine() {
  std::vector<Check> checks = adopted_ ? check_kexec_kept(system_) : check_kexec_rights(system_);
  if (const auto kernel = identify_kernel(system_)) {
    checks.push_back(check_kernel_gdt(gdt(*kernel), *kernel));
    if (kernel->is_i386()) {
      checks.push_back(check_page_tables(uses_pae(system_)));
    }
  }
  checks.push_back(check_return_path(system_));
  return checks;
}

Result<void> KexecDoor::describe(abi::LoaderParameters& parameters) {
  KJUMP_TRY(const Kernel kernel, identify_kernel(system_));
  const KernelGdtSearch& search = gdt(kernel);
  KJUMP_CHECK(search.verdict(kernel));
  if (const auto& best = search.found) {
    parameters.flags |= abi::kParameterLoadKernelGdt;
    parameters.kernel_gdt_base = best->base;
    parameters.kernel_gdt_limit = best->limit;
  }
  if (kernel.is_i386()) {
    KJUMP_TRY(const bool pae, uses_pae(system_));
    parameters.flags |= pae ? abi::kParameterPae : 0;
  }
  return {};
}

Result<void> KexecDoor::prepare(const ImageInfo& info, const std::vector<Segment>& segments) {
  if (info.kexec_entry == 0) {
    return fail(ErrorCode::kUnsupported, "the image has no entry for the kexec door", info.name);
  }
  if (adopted_) {
    loaded_ = true;
    return {};
  }
  KJUMP_TRY(const SegmentLimits limits, SegmentLimits::read(system_, !memory_.empty()));
  KJUMP_CHECK(limits.check(segments, memory_));
  std::vector<kexec_segment> list;
  for (const auto* part : {&segments, &std::as_const(memory_)}) {
    for (const Segment& segment : *part) {
      list.push_back(kexec_segment_of(segment));
    }
  }
  if (const int error = system_.kexec_load(info.kexec_entry, list, KEXEC_PRESERVE_CONTEXT); error != 0) {
    return load_failed(error);
  }
  loaded_ = true;
  memory_ = {};
  return {};
}

Result<Passage> KexecDoor::go_through() {
  if (!loaded_) {
    return fail(ErrorCode::kInvalid, "no image is loaded", "kexec door", "call prepare() first");
  }
  const OnCpu0 pinned(system_);
  Passage passage;
  if (pinned.error() != 0) {
    passage.notes.push_back(
        fmt::format("cannot move to CPU 0 ({}): times may be wrong", std::strerror(pinned.error())));
  }
  // The kernel freezes tasks, but does not write back their files (kexec_jump.md 3.1 step 3).
  system_.sync();
  passage.tsc_before = system_.timestamp();
  const int error = system_.reboot_kexec();
  passage.tsc_after = system_.timestamp();
  if (error != 0) {
    return jump_failed(system_, error);
  }
  return passage;
}

Result<void> KexecDoor::put_back() {
  if (!loaded_ || adopted_) {
    loaded_ = false;
    return {};
  }
  // A loaded image makes reboot hooks of systemd and kexec-tools "reboot" into the payload.
  if (const int error = system_.kexec_load(0, {}, 0); error != 0) {
    return fail(ErrorCode::kSystem, "cannot unload the image", "kexec_load",
                "unload it with kexec -u before you reboot", error);
  }
  loaded_ = false;
  return {};
}

}  // namespace kjump
