// SPDX-License-Identifier: MIT
/// A pair of submission and completion queue (NVM Express 1.4, section 4).
#pragma once

#include "disk/registers.hpp"

namespace kjump::disk::nvme {

/// 4.2: a submission queue entry, as far as it is used here.
struct Command {
  uint32_t opcode_and_id;
  uint32_t name_space;
  uint32_t reserved[4];
  uint64_t prp1;
  uint64_t prp2;
  uint32_t dwords[6];  ///< 10 to 15
};
static_assert(sizeof(Command) == 64);

/// 4.6: a completion queue entry.
struct Completion {
  uint32_t result;
  uint32_t reserved;
  uint32_t submission_queue;
  uint32_t id_and_status;  ///< id, phase in bit 16, status above
};
static_assert(sizeof(Completion) == 16);

inline constexpr uint32_t kEntries = 64;  // one page of commands

struct QueueMemory {
  alignas(4096) Command commands[kEntries];
  alignas(4096) volatile Completion completions[kEntries];
};

/// What came back: the command's id and its status field (code, type; 4.6.1).
struct Ended {
  uint32_t id;
  uint32_t result;
  uint32_t type;
  uint32_t code;
};

class Queue {
 public:
  /// In zeroed memory. `stride`: CAP.DSTRD.
  void set_up(QueueMemory& memory, const Registers& registers, uint32_t number, uint32_t stride);

  /// `id` comes back in Ended. At most kEntries - 1 may be in flight.
  void submit(const Command& command, uint32_t id);
  [[nodiscard]] bool take_ended(Ended& ended);

 private:
  QueueMemory* memory_;
  Registers registers_;
  uint32_t tail_doorbell_;
  uint32_t head_doorbell_;
  uint32_t tail_;
  uint32_t head_;
  uint32_t phase_;
};

}  // namespace kjump::disk::nvme
