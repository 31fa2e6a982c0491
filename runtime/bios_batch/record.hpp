// SPDX-License-Identifier: MIT
/// A step of a request as it comes from outside, and what may be wrong with it (abi/batch.hpp).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/batch.hpp>
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::batch {

/// A step, where its input bytes are in the request, and where the next record begins.
struct Record {
  abi::BatchStep step;
  uint32_t input_offset;
  uint32_t next_offset;
};

/// Records and their bytes are padded to a multiple of 4. Callers pass sizes that cannot overflow.
constexpr uint32_t padded(uint32_t bytes) {
  return (bytes + 3u) & ~3u;
}

/// May this byte offset in FirmwareRegisters be counted or stored into? Only the general registers:
/// not the 16-bit segments, not `stack` (an output) and not the flags.
constexpr bool is_general_register(uint16_t offset) {
  return offset % 4 == 0 && offset >= offsetof(abi::FirmwareRegisters, edi) &&
         offset <= offsetof(abi::FirmwareRegisters, eax) && offset != offsetof(abi::FirmwareRegisters, stack);
}

inline uint32_t get_register(const abi::FirmwareRegisters& registers, uint16_t offset) {
  uint32_t value = 0;
  __builtin_memcpy(&value, reinterpret_cast<const unsigned char*>(&registers) + offset, sizeof(value));
  return value;
}

inline void set_register(abi::FirmwareRegisters& registers, uint16_t offset, uint32_t value) {
  __builtin_memcpy(reinterpret_cast<unsigned char*>(&registers) + offset, &value, sizeof(value));
}

/// Why a step cannot be executed, or null. Lengths are checked here, so that later sums cannot wrap.
inline const char* objection_to(const abi::BatchStep& step) {
  const auto repeat = static_cast<abi::BatchRepeat>(step.repeat);
  if (step.repeat > static_cast<uint16_t>(abi::BatchRepeat::kReadMemory)) {
    return "unknown repetition";
  }
  if ((step.flags & ~uint32_t{abi::kBatchStopOnCarry}) != 0) {
    return "unknown step flag";
  }
  if (repeat == abi::BatchRepeat::kReadMemory) {
    if (step.input_bytes != 0) {
      return "memory to read cannot have input";
    }
    const bool wraps = step.buffer_bytes != 0 && step.address > 0u - step.buffer_bytes;
    return step.buffer_bytes > abi::kExchangeBytes || wraps ? "memory to read is too large or wraps around"
                                                            : nullptr;
  }
  if (step.call.kind != abi::CallKind::kInterrupt && step.call.kind != abi::CallKind::kFarCall) {
    return "unknown kind of call";
  }
  if (step.call.kind == abi::CallKind::kInterrupt && step.call.vector > 0xFF) {
    return "interrupt number above 0xFF";
  }
  if (repeat != abi::BatchRepeat::kOnce && !is_general_register(step.register_offset)) {
    return "repeat register is not a general register";
  }
  if (repeat == abi::BatchRepeat::kForEachWord && step.address > 0u - 4u) {
    return "list pointer wraps around";
  }
  if (step.buffer_bytes > abi::kBounceBytes || step.buffer_offset > abi::kBounceBytes - step.buffer_bytes) {
    return "buffer lies outside the bounce buffer";
  }
  return step.input_bytes > step.buffer_bytes ? "more input than buffer" : nullptr;
}

}  // namespace kjump::batch
