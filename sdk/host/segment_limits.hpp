// SPDX-License-Identifier: MIT
/// May these segments be loaded? The kernel itself checks neither that a destination is RAM nor that it is
/// free (kexec_jump.md 4), so a wrong address would only show as a dead machine.
#pragma once

#include <cstdint>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/result.hpp>

#include "host/memory_map.hpp"

namespace kjump {

struct SegmentLimits {
  MemoryMap memory;
  std::uint32_t base_memory_end = 0;  ///< the EBDA begins here, or 640 KiB
  std::uint64_t total_memory_bytes = 0;

  /// Collects the facts; `all_memory` where there is more than an image. Without readable page 0 the memory
  /// map alone decides.
  [[nodiscard]] static Result<SegmentLimits> read(const System& system, bool all_memory = false);
  /// `segments` of an image; `more`, memory above the first MiB, is loaded with them.
  [[nodiscard]] Result<void> check(const std::vector<Segment>& segments,
                                   const std::vector<Segment>& more = {}) const;
};

}  // namespace kjump
