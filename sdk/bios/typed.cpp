// SPDX-License-Identifier: MIT
#include "bios/typed.hpp"

#include <fmt/format.h>

namespace kjump::bios {

Step service(std::uint8_t vector, std::uint16_t ax) {
  Step step = interrupt(vector);
  step.call.registers.eax = ax;
  return step;
}

void add_buffer(Step& step, std::uint32_t buffer_offset, std::uint32_t buffer_bytes) {
  step.buffer_offset = buffer_offset;
  step.buffer_bytes = buffer_bytes;
}

Result<const CallResult*> answer(const BatchReply& reply, std::uint32_t step, std::size_t buffer_bytes) {
  const auto calls = reply.calls_of(step);
  if (calls.size() != 1 || calls.front()->buffer.size() != buffer_bytes) {
    return fail(ErrorCode::kGuest,
                fmt::format("step {} of the batch has {} answers instead of one of {} bytes", step,
                            calls.size(), buffer_bytes));
  }
  return calls.front();
}

}  // namespace kjump::bios
