// SPDX-License-Identifier: MIT
/// Language of the `batch` payload: a list of firmware calls made in one jump.
///
/// Request: BatchHeader, then step_count records, each a BatchStep followed by its input bytes
/// (padded to a multiple of 4). Reply: a sequence of BatchResult records, each followed by its output
/// bytes (padded to a multiple of 4), in the order in which calls were made.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/firmware_call.hpp>

namespace kjump::abi {

inline constexpr uint32_t kBatchMagic = 0x54424A4B;  // "KJBT"

struct BatchHeader {
  uint32_t magic;
  uint32_t step_count;
};

/// What a step does, and how often.
enum class BatchRepeat : uint16_t {
  kOnce = 0,
  /// Again while the register at register_offset is not zero and CF is clear; registers other than
  /// that one start from the step's values each time (T53: E820 destroys what it likes). The buffer is
  /// cleared before the first call only: some firmware updates just what changed.
  kWhileNonZero = 1,
  /// n times, n being the byte at physical address `address`; the register at register_offset is one
  /// larger each time (drives: BDA 0x475 and DL).
  kCountAt = 2,
  /// Once for each 16-bit word of the list whose far pointer (offset, segment) lies at physical
  /// address `address`, until 0xFFFF; the word becomes the low half of the register at
  /// register_offset (VBE modes: CX).
  kForEachWord = 3,
  /// No call: copy buffer_bytes of memory from physical address `address` to the reply.
  kReadMemory = 4,
};

inline constexpr uint16_t kBatchStopOnCarry = 1u << 0;  ///< CF after this step ends the batch

/// One step. The buffer lies in the bounce buffer (kBounceBase + buffer_offset).
struct BatchStep {
  FirmwareCall call;
  uint16_t repeat;           ///< BatchRepeat
  uint16_t flags;            ///< kBatchStopOnCarry
  uint16_t register_offset;  ///< byte offset of a 32-bit register in FirmwareRegisters
  uint16_t repeat_limit;     ///< at most so many calls; 0 means 1024
  uint32_t address;          ///< physical; meaning depends on repeat
  uint32_t buffer_offset;    ///< in the bounce buffer
  uint32_t buffer_bytes;     ///< cleared, filled with the input, and returned after every call
  uint32_t input_bytes;      ///< how many bytes of input follow; at most buffer_bytes
};

inline constexpr uint32_t kBatchStepBytes = kFirmwareCallBytes + 24;
static_assert(sizeof(BatchStep) == kBatchStepBytes);

struct BatchResult {
  uint32_t step;                ///< index of the step
  uint32_t iteration;           ///< from 0
  uint32_t buffer_bytes;        ///< output bytes that follow this record
  FirmwareRegisters registers;  ///< as the callee left them; zero for kReadMemory
  uint32_t repairs;             ///< kRepair* bits of this call
  uint32_t reserved;
  uint64_t cycles;  ///< TSC ticks that the call took, thunk included
};

inline constexpr uint32_t kBatchResultBytes = 72;
static_assert(sizeof(BatchResult) == kBatchResultBytes);
static_assert(offsetof(BatchResult, registers) == 12 && offsetof(BatchResult, repairs) == 56);

/// kjump_main's status for a batch.
enum class BatchStatus : uint32_t {
  kDone = 0,
  kStoppedOnCarry = 1,
  kMalformed = 2,  ///< the request does not parse
  kReplyFull = 3,  ///< results up to here are valid, the rest was not called
  kLimit = 4,      ///< a repetition reached its limit
};

}  // namespace kjump::abi
