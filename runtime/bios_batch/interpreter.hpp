// SPDX-License-Identifier: MIT
/// Executes a request in the language of abi/batch.hpp: the policy of the batch payload, without I/O.
///
/// Everything that touches the world goes through a Machine, so that the same code runs in physical
/// mode and in the unit tests against a made-up firmware. A Machine has
///
///   size_t   request_bytes();
///   size_t   read_request(void* to, size_t bytes, size_t offset);     // returns bytes read
///   size_t   reply_room();
///   bool     write_reply(const void* from, size_t bytes);             // false: did not fit
///   bool     reply_memory(uint32_t address, size_t bytes);            // write_reply of physical memory
///   void     read_memory(void* to, uint32_t address, size_t bytes);
///   void     clear_memory(uint32_t address, size_t bytes);
///   void     request_to_memory(uint32_t address, size_t bytes, size_t offset);
///   void     call(abi::FirmwareCall& call);
///   uint64_t read_tsc();
///
/// The request comes from outside: it is checked as a whole before the first call, so a malformed
/// one calls nothing. No heap, no recursion, no 64-bit division (there is no libgcc).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/batch.hpp>
#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

#include "record.hpp"

namespace kjump::batch {

inline constexpr uint32_t kDefaultRepeatLimit = 1024;  // what repeat_limit == 0 stands for
inline constexpr uint16_t kListEnd = 0xFFFF;           // VBE 3.0 section 4.3: ends a mode list

/// How a batch ended. `reason` is null unless the request is malformed; then `offset` says where.
struct Ending {
  abi::BatchStatus status;
  const char* reason;
  uint32_t offset;
};

template <typename Machine>
class Interpreter {
 public:
  explicit Interpreter(Machine& machine) : machine_(machine) {}

  /// Executes the machine's request once.
  Ending run() {
    abi::BatchHeader header{};
    if (machine_.read_request(&header, sizeof(header), 0) != sizeof(header)) {
      return malformed("request is shorter than its header", 0);
    }
    if (header.magic != abi::kBatchMagic) {
      return malformed("no batch magic", 0);
    }
    Record record{};
    if (const Ending checked = check_all(header.step_count); checked.reason != nullptr) {
      return checked;
    }
    uint32_t offset = sizeof(header);
    for (uint32_t index = 0; index < header.step_count; ++index) {
      // Read and checked again: the firmware that ran meanwhile may write where it likes.
      if (const char* reason = read_record(record, offset); reason != nullptr) {
        return malformed(reason, offset);
      }
      if (!run_step(record, index)) {
        return {status_, nullptr, 0};
      }
      offset = record.next_offset;
    }
    return {status_, nullptr, 0};
  }

 private:
  static Ending malformed(const char* reason, uint32_t offset) {
    return {abi::BatchStatus::kMalformed, reason, offset};
  }

  Ending check_all(uint32_t step_count) {
    Record record{};
    uint32_t offset = sizeof(abi::BatchHeader);
    for (uint32_t index = 0; index < step_count; ++index) {
      if (const char* reason = read_record(record, offset); reason != nullptr) {
        return malformed(reason, offset);
      }
      offset = record.next_offset;
    }
    if (offset != machine_.request_bytes()) {
      return malformed("bytes after the last step", offset);
    }
    return {abi::BatchStatus::kDone, nullptr, 0};
  }

  const char* read_record(Record& record, uint32_t offset) {
    if (machine_.read_request(&record.step, sizeof(record.step), offset) != sizeof(record.step)) {
      return "request ends within a step";
    }
    if (const char* reason = objection_to(record.step); reason != nullptr) {
      return reason;
    }
    record.input_offset = offset + abi::kBatchStepBytes;
    record.next_offset = record.input_offset + padded(record.step.input_bytes);
    return record.next_offset > machine_.request_bytes() ? "request ends within a step's input" : nullptr;
  }

  // The functions below return false when the batch is over; status_ then says why.

  bool run_step(const Record& record, uint32_t index) {
    switch (static_cast<abi::BatchRepeat>(record.step.repeat)) {
      case abi::BatchRepeat::kOnce: {
        abi::FirmwareCall call = record.step.call;
        return make_call(record, call, index, 0);
      }
      case abi::BatchRepeat::kWhileNonZero:
        return while_non_zero(record, index);
      case abi::BatchRepeat::kCountAt:
        return count_at(record, index);
      case abi::BatchRepeat::kForEachWord:
        return for_each_word(record, index);
      case abi::BatchRepeat::kReadMemory:
        break;
    }
    return read_memory(record.step, index);
  }

  bool while_non_zero(const Record& record, uint32_t index) {
    const uint16_t repeat_register = record.step.register_offset;
    abi::FirmwareCall call = record.step.call;
    for (uint32_t iteration = 0; iteration < limit_of(record.step); ++iteration) {
      if (!make_call(record, call, index, iteration)) {
        return false;
      }
      const uint32_t continuation = get_register(call.registers, repeat_register);
      if (continuation == 0 || (call.registers.eflags & abi::kFlagsCarry) != 0) {
        return true;
      }
      call = record.step.call;  // T53: everything but the continuation starts afresh
      set_register(call.registers, repeat_register, continuation);
    }
    return limit_reached();
  }

  bool count_at(const Record& record, uint32_t index) {
    uint8_t count = 0;
    machine_.read_memory(&count, record.step.address, sizeof(count));
    const uint32_t first = get_register(record.step.call.registers, record.step.register_offset);
    for (uint32_t iteration = 0; iteration < count; ++iteration) {
      if (iteration == limit_of(record.step)) {
        return limit_reached();
      }
      abi::FirmwareCall call = record.step.call;
      set_register(call.registers, record.step.register_offset, first + iteration);
      if (!make_call(record, call, index, iteration)) {
        return false;
      }
    }
    return true;
  }

  bool for_each_word(const Record& record, uint32_t index) {
    uint16_t pointer[2] = {};  // offset, segment; read once, the calls may overwrite it
    machine_.read_memory(pointer, record.step.address, sizeof(pointer));
    const uint32_t list = (uint32_t{pointer[1]} << 4) + pointer[0];
    for (uint32_t iteration = 0; iteration < limit_of(record.step); ++iteration) {
      uint16_t word = 0;
      machine_.read_memory(&word, list + 2 * iteration, sizeof(word));
      if (word == kListEnd) {
        return true;
      }
      abi::FirmwareCall call = record.step.call;
      const uint32_t before = get_register(call.registers, record.step.register_offset);
      set_register(call.registers, record.step.register_offset, (before & 0xFFFF0000u) | word);
      if (!make_call(record, call, index, iteration)) {
        return false;
      }
    }
    return limit_reached();
  }

  bool read_memory(const abi::BatchStep& step, uint32_t index) {
    abi::BatchResult result{};
    result.step = index;
    result.buffer_bytes = step.buffer_bytes;
    return has_room(step.buffer_bytes) && reply(result, step.address);
  }

  /// One call and its result. The buffer starts the same for every call of a step, except that a
  /// continued call finds what the previous one left: some E820 only update what changed (T53).
  bool make_call(const Record& record, abi::FirmwareCall& call, uint32_t index, uint32_t iteration) {
    const abi::BatchStep& step = record.step;
    if (!has_room(step.buffer_bytes)) {
      return false;
    }
    const uint32_t buffer = abi::kBounceBase + step.buffer_offset;
    if (iteration == 0 || static_cast<abi::BatchRepeat>(step.repeat) != abi::BatchRepeat::kWhileNonZero) {
      machine_.clear_memory(buffer, step.buffer_bytes);
      machine_.request_to_memory(buffer, step.input_bytes, record.input_offset);
    }
    call.repairs = 0;
    abi::BatchResult result{};
    const uint64_t start = machine_.read_tsc();
    machine_.call(call);
    result.cycles = machine_.read_tsc() - start;
    result.step = index;
    result.iteration = iteration;
    result.buffer_bytes = step.buffer_bytes;
    result.registers = call.registers;
    result.repairs = call.repairs;
    if (!reply(result, buffer)) {
      return false;
    }
    if ((step.flags & abi::kBatchStopOnCarry) != 0 && (call.registers.eflags & abi::kFlagsCarry) != 0) {
      status_ = abi::BatchStatus::kStoppedOnCarry;
      return false;
    }
    return true;
  }

  /// Asked before a call: a call whose result cannot be reported is not made.
  bool has_room(uint32_t buffer_bytes) {
    if (machine_.reply_room() >= abi::kBatchResultBytes + padded(buffer_bytes)) {
      return true;
    }
    status_ = abi::BatchStatus::kReplyFull;
    return false;
  }

  bool reply(const abi::BatchResult& result, uint32_t address) {
    static constexpr uint32_t kNothing = 0;
    const bool written = machine_.write_reply(&result, sizeof(result)) &&
                         machine_.reply_memory(address, result.buffer_bytes) &&
                         machine_.write_reply(&kNothing, padded(result.buffer_bytes) - result.buffer_bytes);
    if (!written) {
      status_ = abi::BatchStatus::kReplyFull;
    }
    return written;
  }

  /// A step that reached its limit does not end the batch: the steps after it are as good as before.
  bool limit_reached() {
    status_ = abi::BatchStatus::kLimit;
    return true;
  }

  static uint32_t limit_of(const abi::BatchStep& step) {
    return step.repeat_limit == 0 ? kDefaultRepeatLimit : step.repeat_limit;
  }

  Machine& machine_;
  abi::BatchStatus status_ = abi::BatchStatus::kDone;
};

}  // namespace kjump::batch
