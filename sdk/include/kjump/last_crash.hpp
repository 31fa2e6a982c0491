// SPDX-License-Identifier: MIT
/// What is left of a jump that did not come back: the machine was reset, by the jump or by somebody who
/// waited in vain. The crash record stays in memory over a warm reset, unless firmware or a boot loader
/// writes there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/abi/crash_record.hpp>
#include <kjump/result.hpp>

namespace kjump {

struct LastCrash {
  std::string image;             ///< name of the image
  std::uint64_t started_at = 0;  ///< of the jump, seconds since 1970, UTC
  std::uint32_t sequence = 0;    ///< number of the jump in its session
  std::uint32_t deadline_ms = 0;
  abi::Trail trail{};
  bool this_boot = false;  ///< the jump was made since this Linux booted: its session runs, or was killed
};

/// Empty when there is none. Treats what it reads as hostile. Needs root and /dev/mem.
[[nodiscard]] Result<std::optional<LastCrash>> read_last_crash();

/// Forgets the record. An error when it belongs to a session of this boot.
[[nodiscard]] Result<void> clear_last_crash();

}  // namespace kjump
