// SPDX-License-Identifier: MIT
#include "disk/nvme/queue.hpp"

namespace kjump::disk::nvme {

namespace {

constexpr uint32_t kDoorbells = 0x1000;  // NVM Express 1.4, 3.1.24
constexpr uint32_t kPhase = 1u << 16;
constexpr uint32_t kIdShift = 16;  // in a command's first dword

}  // namespace

void Queue::set_up(QueueMemory& memory, const Registers& registers, uint32_t number, uint32_t stride) {
  memory_ = &memory;
  registers_ = registers;
  tail_doorbell_ = kDoorbells + (2 * number) * (4u << stride);
  head_doorbell_ = kDoorbells + (2 * number + 1) * (4u << stride);
  tail_ = 0;
  head_ = 0;
  phase_ = kPhase;
}

void Queue::submit(const Command& command, uint32_t id) {
  Command& place = memory_->commands[tail_];
  place = command;
  place.opcode_and_id |= id << kIdShift;
  tail_ = (tail_ + 1) % kEntries;
  order_memory();
  registers_.write32(tail_doorbell_, tail_);
}

bool Queue::take_ended(Ended& ended) {
  const volatile Completion& entry = memory_->completions[head_];
  const uint32_t status = entry.id_and_status;
  if ((status & kPhase) != phase_) {
    return false;
  }
  order_memory();
  ended = {status & 0xFFFF, entry.result, status >> 25 & 7, status >> 17 & 0xFF};
  head_ = (head_ + 1) % kEntries;
  phase_ ^= head_ == 0 ? kPhase : 0;
  registers_.write32(head_doorbell_, head_);
  return true;
}

}  // namespace kjump::disk::nvme
