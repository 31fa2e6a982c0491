// SPDX-License-Identifier: MIT
/// BIOS calls: batches of real-mode firmware calls made in one jump, and typed views of their results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/batch.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::bios {

/// One step: registers in, an optional buffer, a repetition.
struct Step {
  abi::FirmwareCall call;
  abi::BatchRepeat repeat = abi::BatchRepeat::kOnce;
  std::uint16_t repeat_register = 0;       ///< byte offset in abi::FirmwareRegisters
  std::uint16_t repeat_limit = 0;          ///< 0: 1024
  std::uint32_t repeat_address = 0;        ///< physical, see abi::BatchRepeat
  std::uint32_t buffer_offset = 0;         ///< in the bounce buffer
  std::uint32_t buffer_bytes = 0;
  std::vector<std::byte> input;            ///< start of the buffer's content
  bool stop_on_carry = false;
};

/// One call as it came back.
struct CallResult {
  std::uint32_t step = 0;
  std::uint32_t iteration = 0;
  abi::FirmwareRegisters registers;
  std::uint32_t repairs = 0;
  std::uint64_t cycles = 0;                ///< TSC ticks
  std::vector<std::byte> buffer;

  [[nodiscard]] bool carry() const;
};

struct BatchReply {
  abi::BatchStatus status = abi::BatchStatus::kDone;
  std::vector<CallResult> calls;
  RunReport report;                        ///< how the jump went
};

/// A list of calls that become one jump.
class Batch {
 public:
  Batch& add(Step step);
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

  /// The request for the batch payload; an error names the step that is over a limit.
  [[nodiscard]] Result<std::vector<std::byte>> encode() const;

  /// Encodes, runs the batch image on the target in one jump, decodes.
  [[nodiscard]] Result<BatchReply> run(Target& target, std::uint32_t deadline_ms = 0) const;

 private:
  std::vector<Step> steps_;
};

/// The reply of the batch payload, parsed with every length checked.
[[nodiscard]] Result<std::vector<CallResult>> decode_reply(std::span<const std::byte> reply);

}  // namespace kjump::bios
