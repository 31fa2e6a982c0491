// SPDX-License-Identifier: MIT
#include "kernel/swapped_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/kept_image.hpp"
#include "host/session_lock.hpp"

namespace kjump::two_kernels {
namespace {

bool is_image_loaded(const System& system) {
  return system.read_line("/sys/kernel/kexec_loaded", "0") != "0";
}

Failure memory_lost(const KernelEntry& entry, const std::string& why) {
  return fail(
      ErrorCode::kInvalid, "this kernel is lost: " + why, entry.name,
      "its memory was in the image; kexec -u or another program that uses kexec did that; kjump kernel "
      "drop " +
          entry.name);
}

}  // namespace

Result<std::vector<DisplacedRun>> displaced_memory(const LoadedImage& image, const MemoryPiece& memory) {
  std::vector<DisplacedRun> runs;
  std::uint64_t bytes = 0;
  for (const DisplacedRun& run : image.runs) {
    const std::uint64_t start = std::max(run.address, memory.base);
    const std::uint64_t end = std::min(run.end(), memory.end());
    if (start < end) {
      runs.push_back({start, end - start, run.source + (start - run.address)});
      bytes += end - start;
    }
  }
  if (bytes != memory.bytes) {
    return fail(ErrorCode::kInvalid,
                fmt::format("the image that is loaded has {:#x} bytes of {:#x}", bytes, memory.bytes),
                fmt::format("memory at {:#x}", memory.base));
  }
  return runs;
}

Result<void> check_swapped_image(const System& system, const KernelEntry& entry,
                                 const abi::two_kernels::HandOff* page) {
  if (!is_image_loaded(system)) {
    return memory_lost(entry, "its image has been unloaded (/sys/kernel/kexec_loaded is 0)");
  }
  KJUMP_TRY(const LoadedImage image, read_loaded_image(system));
  if (!displaced_memory(image, entry.memory)) {
    return memory_lost(entry, "another image is loaded instead of its own");
  }
  if (page == nullptr) {
    return {};
  }
  // The payload that lies in the image has been told this kernel's nonce by the one that came back last.
  const auto& first = page->kernels[static_cast<std::uint32_t>(abi::two_kernels::Side::kFirst)];
  const auto is_ours =
      image_contains(system, image, abi::kImageLowest, abi::kImageEnd, first.parameters.nonce);
  return is_ours.value_or(true) ? Result<void>()
                                : memory_lost(entry, "another image is loaded instead of its own");
}

Result<void> unload_swapped_image(System& system, const KernelEntry& entry,
                                  const abi::two_kernels::HandOff* page) {
  KJUMP_TRY(const SessionLock lock, SessionLock::take(system));
  if (is_image_loaded(system) && check_swapped_image(system, entry, page)) {
    if (const int error = system.kexec_load(0, {}, 0); error != 0) {
      return fail(ErrorCode::kSystem, "cannot unload the kernel's image", "kexec_load",
                  "another kexec operation may be going on; try again", error);
    }
  }
  forget_kept_image(system);
  return {};
}

}  // namespace kjump::two_kernels
