// SPDX-License-Identifier: MIT
/// BIOS calls: batches of real-mode firmware calls made in one jump, and typed views of their results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kjump/abi/batch.hpp>
#include <kjump/abi/processor.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::bios {

/// Flags at entry of a call unless the caller says otherwise. CF is preset so that a service which
/// does nothing reads as one that failed (T18). IF is what INT pushes and IRET brings back: the callee
/// itself starts with IF clear, and firmware that waits for ticks opens interrupts on its own (T17).
inline constexpr std::uint32_t kEntryFlags = abi::kFlagsFixed | abi::kFlagsCarry | abi::kFlagsInterrupt;

/// Everything zero but the flags: rubbish in unused registers has broken firmware (T14).
[[nodiscard]] abi::FirmwareRegisters entry_registers();

/// One step: registers in, an optional buffer, a repetition.
struct Step {
  abi::FirmwareCall call;
  abi::BatchRepeat repeat = abi::BatchRepeat::kOnce;
  std::uint16_t repeat_register = 0;  ///< byte offset in abi::FirmwareRegisters
  std::uint16_t repeat_limit = 0;     ///< 0: 1024
  std::uint32_t repeat_address = 0;   ///< physical, see abi::BatchRepeat
  std::uint32_t buffer_offset = 0;    ///< in the bounce buffer
  std::uint32_t buffer_bytes = 0;
  std::vector<std::byte> input;  ///< start of the buffer's content
  bool stop_on_carry = false;
};

/// A step that calls INT vector / segment:offset with entry_registers().
[[nodiscard]] Step interrupt(std::uint8_t vector);
[[nodiscard]] Step far_call(std::uint16_t segment, std::uint16_t offset);

/// A step that copies physical memory to the reply.
[[nodiscard]] Step read_memory(std::uint32_t address, std::uint32_t bytes);

/// One call as it came back.
struct CallResult {
  std::uint32_t step = 0;
  std::uint32_t iteration = 0;
  abi::FirmwareRegisters registers;
  std::uint32_t repairs = 0;
  std::uint64_t cycles = 0;  ///< TSC ticks
  std::vector<std::byte> buffer;

  [[nodiscard]] bool carry() const;
};

struct BatchReply {
  abi::BatchStatus status = abi::BatchStatus::kDone;
  std::vector<CallResult> calls;
  RunReport report;  ///< how the jump went

  /// Did the payload end by itself? If not, `calls` are those made before it died and status is void.
  [[nodiscard]] bool returned() const;

  /// The calls of one step, in order.
  [[nodiscard]] std::vector<const CallResult*> calls_of(std::uint32_t step) const;
};

/// An error unless the jump returned and every step was carried out (a repetition that reached its
/// limit and a stop on carry are no errors). For callers that need all of it.
[[nodiscard]] Result<void> check_complete(const BatchReply& reply);

/// Firmware waits for a disk that spins up, or for a medium, at most some seconds.
inline constexpr std::uint32_t kDefaultCallDeadlineMs = 10'000;

struct BatchOptions {
  std::uint32_t deadline_ms = 0;  ///< 0: kDefaultDeadlineMs
  std::uint32_t call_deadline_ms = kDefaultCallDeadlineMs;
  std::uint32_t contract_classes = 0;            ///< see RunRequest
  bool allow_unsafe = false;                     ///< see RunRequest
  std::function<void(const std::string&)> warn;  ///< see RunRequest
};

/// A list of calls that become one jump.
class Batch {
 public:
  Batch& add(Step step);
  [[nodiscard]] const std::vector<Step>& steps() const& { return steps_; }
  [[nodiscard]] std::vector<Step> steps() && { return std::move(steps_); }

  /// The request for the batch payload; an error names the step that is over a limit.
  [[nodiscard]] Result<std::vector<std::byte>> encode() const;

  /// Encodes, runs the batch image on the target in one jump, decodes. A payload that faulted or
  /// hung is no Error: see BatchReply::returned(). Refused, where the target has a Linux, when a call is
  /// unsafe after it (kjump/call_class.hpp).
  [[nodiscard]] Result<BatchReply> run(Target& target, const BatchOptions& options = {}) const;

 private:
  std::vector<Step> steps_;
};

/// The reply of the batch payload, parsed with every length checked.
[[nodiscard]] Result<std::vector<CallResult>> decode_reply(std::span<const std::byte> reply);

/// What a payload that ran this batch left: its jump decoded and checked against the steps.
[[nodiscard]] Result<BatchReply> decode_run(const std::vector<Step>& steps, RunReport report);

}  // namespace kjump::bios
