// SPDX-License-Identifier: MIT
/// What the two halves of the NVMe driver share: bring-up (controller.cpp) and requests (nvme.cpp).
#pragma once

#include "disk/driver.hpp"
#include "disk/nvme/queue.hpp"
#include "disk/pci.hpp"

namespace kjump::disk::nvme {

inline constexpr uint32_t kRegistersBytes = 0x2000;  // up to the doorbells of two queues, whatever the stride
inline constexpr uint32_t kControllerStatus = 0x1C;  // NVM Express 1.4, 3.1.6
inline constexpr uint32_t kPageBytes = 4096;         // CC.MPS 0
inline constexpr uint32_t kMostTransfer = 512 << 10;
inline constexpr uint32_t kMostPages = kMostTransfer / kPageBytes;

struct State {
  QueueMemory admin_memory;
  QueueMemory io_memory;
  /// 4.3: pages of a transfer behind its first. A list must not cross a page.
  alignas(4096) uint64_t lists[kMaxDepth][kMostPages];
  union {
    alignas(4096) uint8_t identify[kPageBytes];
    uint32_t identify_words[kPageBytes / 4];
  };
  Queue admin;
  Queue io;
  Registers registers;
  pci::Taken taken;
  uint32_t name_space;
  uint32_t sector_shift;
};
static_assert(sizeof(State) <= kStorageBytes);

/// Resets, enables, identifies, makes the queues.
[[nodiscard]] Error bring_up(Disk& disk, State& state);
/// CC.EN off and CSTS.RDY with it: the controller forgets its queues. False: it does not answer.
bool disable(Disk& disk, const State& state);
/// Tells the controller that power may go (7.6.2), then disables it.
void shut_down(Disk& disk, const State& state);

}  // namespace kjump::disk::nvme
