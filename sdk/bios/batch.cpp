// SPDX-License-Identifier: MIT
// From a list of steps to the request of the batch payload, and through one jump.
#include <bit>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/bios.hpp>

#include "bios/planned_calls.hpp"
#include "embedded/embedded.hpp"

namespace kjump::bios {

static_assert(std::endian::native == std::endian::little, "ABI structures are copied as they are");

namespace {

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + 3) & ~std::size_t{3};
}

std::string step_name(std::size_t index) {
  return fmt::format("step {}", index);
}

Result<void> check_buffer(const Step& step, std::size_t index) {
  if (step.repeat == abi::BatchRepeat::kReadMemory) {
    if (!step.input.empty()) {
      return fail(ErrorCode::kInvalid, "memory to read cannot have input", step_name(index));
    }
    return {};
  }
  if (step.buffer_bytes > abi::kBounceBytes || step.buffer_offset > abi::kBounceBytes - step.buffer_bytes) {
    return fail(
        ErrorCode::kLimit,
        fmt::format("the buffer of {} bytes at offset {:#x} does not fit the bounce buffer of {} bytes",
                    step.buffer_bytes, step.buffer_offset, abi::kBounceBytes),
        step_name(index), "ask for less");
  }
  if (step.input.size() > step.buffer_bytes) {
    return fail(ErrorCode::kInvalid,
                fmt::format("{} bytes of input do not fit the buffer of {} bytes", step.input.size(),
                            step.buffer_bytes),
                step_name(index), "make the buffer larger");
  }
  return {};
}

/// Checks what the payload would refuse, before Linux is frozen for it, and the room for the reply:
/// the payload does not make a call whose result it could not report.
Result<void> check_steps(const std::vector<Step>& steps) {
  std::size_t request_bytes = sizeof(abi::BatchHeader);
  std::size_t reply_bytes = 0;
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const Step& step = steps[index];
    KJUMP_CHECK(check_buffer(step, index));
    request_bytes += abi::kBatchStepBytes + padded(step.input.size());
    if (request_bytes > abi::kRequestCapacity) {
      return fail(ErrorCode::kLimit, fmt::format("the batch is longer than {} bytes", abi::kRequestCapacity),
                  step_name(index), "split it into several jumps");
    }
    const bool may_be_empty =
        step.repeat == abi::BatchRepeat::kCountAt || step.repeat == abi::BatchRepeat::kForEachWord;
    reply_bytes += may_be_empty ? 0 : abi::kBatchResultBytes + padded(step.buffer_bytes);
    if (reply_bytes > abi::kReplyCapacity) {
      return fail(ErrorCode::kLimit,
                  fmt::format("the results are longer than the {} bytes of a reply", abi::kReplyCapacity),
                  step_name(index), "use smaller buffers, or split the batch into several jumps");
    }
  }
  return {};
}

template <typename T>
void append(std::vector<std::byte>& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

abi::BatchStep record_of(const Step& step) {
  abi::BatchStep record{};
  record.call = step.call;
  record.repeat = static_cast<std::uint16_t>(step.repeat);
  record.flags = step.stop_on_carry ? abi::kBatchStopOnCarry : std::uint16_t{0};
  record.register_offset = step.repeat_register;
  record.repeat_limit = step.repeat_limit;
  record.address = step.repeat_address;
  record.buffer_offset = step.buffer_offset;
  record.buffer_bytes = step.buffer_bytes;
  record.input_bytes = static_cast<std::uint32_t>(step.input.size());
  return record;
}

}  // namespace

abi::FirmwareRegisters entry_registers() {
  abi::FirmwareRegisters registers;
  registers.eflags = kEntryFlags;
  return registers;
}

Step interrupt(std::uint8_t vector) {
  Step step;
  step.call.registers = entry_registers();
  step.call.vector = vector;
  return step;
}

Step far_call(std::uint16_t segment, std::uint16_t offset) {
  Step step;
  step.call.registers = entry_registers();
  step.call.kind = abi::CallKind::kFarCall;
  step.call.target_segment = segment;
  step.call.target_offset = offset;
  return step;
}

Step read_memory(std::uint32_t address, std::uint32_t bytes) {
  Step step;
  step.repeat = abi::BatchRepeat::kReadMemory;
  step.repeat_address = address;
  step.buffer_bytes = bytes;
  return step;
}

Batch& Batch::add(Step step) {
  steps_.push_back(std::move(step));
  return *this;
}

Result<std::vector<std::byte>> Batch::encode() const {
  KJUMP_CHECK(check_steps(steps_));
  std::vector<std::byte> request;
  append(request, abi::BatchHeader{abi::kBatchMagic, static_cast<std::uint32_t>(steps_.size())});
  for (const Step& step : steps_) {
    append(request, record_of(step));
    request.insert(request.end(), step.input.begin(), step.input.end());
    request.resize(padded(request.size()));
  }
  return request;
}

Result<BatchReply> Batch::run(Target& target, const BatchOptions& options) const {
  RunRequest request;
  KJUMP_TRY(request.request, encode());
  request.deadline_ms = options.deadline_ms;
  request.call_deadline_ms = options.call_deadline_ms;
  request.contract_classes = options.contract_classes;
  request.calls = planned_calls(steps_);
  request.allow_unsafe = options.allow_unsafe;
  request.warn = options.warn;
  KJUMP_TRY(const Image image, Image::parse(embedded_batch_image(), "the embedded batch image"));
  KJUMP_TRY(RunReport report, target.run(image, request));
  return decode_run(steps_, std::move(report));
}

}  // namespace kjump::bios
