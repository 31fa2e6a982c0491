// SPDX-License-Identifier: MIT
// How fast a payload copies physical memory into a bulk reply, in the bare virtual machine. That the bytes
// are the right ones under Linux, too, is tests/linux/long_test.cpp's to show.
#include <string>

#include <kjump/target.hpp>

#include "bench/numbers.hpp"

namespace kjump::bench {

Number bulk_rate() {
  constexpr std::uint64_t kBytes = std::uint64_t{64} << 20;
  constexpr const char* kRange = "0x10000000 0x4000000";  // above what the target itself uses
  RunRequest request;
  for (const char c : std::string(kRange)) {
    request.request.push_back(static_cast<std::byte>(c));
  }
  request.bulk_reply_room = kBytes;
  MachineOptions machine;
  machine.memory_mib = 512;
  const RunReport report = must(make_vm_target(machine)->run(must(Image::open(KJUMP_DUMP_MEMORY)), request));
  const JumpReport& jump = report.jumps.at(0);
  if (jump.status != 0 || report.bulk_reply.size() != kBytes || !jump.phases.payload) {
    die("dump_memory did not give the bulk reply that was asked for");
  }
  return {
      static_cast<double>(kBytes) / static_cast<double>(*jump.phases.payload), "MB/s", std::nullopt,
      "64 MiB of physical memory copied into a bulk reply by a long-mode payload (examples/dump_memory.cpp)"};
}

}  // namespace kjump::bench
