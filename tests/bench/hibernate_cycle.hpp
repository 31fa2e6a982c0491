// SPDX-License-Identifier: MIT
/// One guest that is saved, switched off, and brought back, by kjump or by Linux itself, with this machine's
/// clock on it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <kjump/target.hpp>

namespace kjump::bench {

/// "kjump", or what /sys/module/hibernate/parameters/compressor takes: Linux's own hibernation.
using Way = std::string;

struct CycleShape {
  Way way = "kjump";
  const char* compress = "auto";  ///< kjump's
  DiskBus bus = DiskBus::kVirtio;
  const char* machine = "pc";
  std::uint32_t memory_mib = 1024;
  std::uint32_t random_mib = 128;  ///< of what does not compress, in a tmpfs
  std::uint32_t text_mib = 192;    ///< of program text, likewise
  std::uint32_t fill_percent = 0;  ///< of RAM, with random bytes, on top of that
  bool raw_rate = false;           ///< dd with direct I/O before
};

struct CycleTimes {
  double save = 0;                       ///< seconds from the request until QEMU has ended
  double restore = 0;                    ///< from the start of the new QEMU until user space goes on
  double back = 0;                       ///< until the command that asked for it returns
  double disk_write = 0, disk_read = 0;  ///< MB/s
  std::uint64_t image_bytes = 0;         ///< on the disk
  std::uint64_t zero_pages = 0;          ///< that the image has as a mark only
  std::uint64_t used_bytes = 0;          ///< of memory, at the request
  double used_percent = 0;               ///< of RAM, without what can be reclaimed
  std::map<std::string, double> report;  ///< kjump's own, for example "save_us.content"
};

/// Dies when the guest does not come back with all that it had. Nothing: it would not be saved, and went on.
[[nodiscard]] std::optional<CycleTimes> try_cycle(const CycleShape& shape);
/// Dies for that, too.
[[nodiscard]] CycleTimes run_cycle(const CycleShape& shape);

}  // namespace kjump::bench
