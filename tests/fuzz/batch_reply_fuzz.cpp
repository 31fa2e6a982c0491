// SPDX-License-Identifier: MIT
// Rule: no reply, whatever a guest writes into it, crashes the decoders; accepted records account for all of
// it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include <kjump/bios_calls.hpp>

namespace {

using namespace kjump;
using namespace kjump::bios;

template <typename T>
void decode(const Batch& batch, const RunReport& report, Result<T> (*decoder)(const BatchReply&)) {
  if (const auto reply = decode_run(batch.steps(), report); reply) {
    static_cast<void>(decoder(*reply));
  }
}

RunReport report_of(std::span<const std::byte> reply, std::uint8_t outcome, std::uint8_t status) {
  RunReport report;
  report.jumps.resize(1);
  report.jumps[0].outcome = static_cast<abi::Outcome>(outcome % 5);
  report.jumps[0].status = status;
  report.jumps[0].reply.assign(reply.begin(), reply.end());
  return report;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const auto bytes = std::as_bytes(std::span(data + 2, size - 2));
  if (const auto calls = decode_reply(bytes); calls) {
    std::size_t total = 0;
    for (const CallResult& call : *calls) {
      total += abi::kBatchResultBytes + (call.buffer.size() + 3) / 4 * 4;
    }
    if (total != bytes.size()) {
      std::abort();
    }
  }
  const RunReport report = report_of(bytes, data[0], data[1]);
  decode(memory_map_batch(), report, decode_memory_map);
  decode(equipment_batch(), report, decode_equipment);
  decode(clock_batch(), report, decode_clock);
  decode(video_modes_batch(), report, decode_video_modes);
  decode(disks_batch(), report, decode_disks);
  return 0;
}
