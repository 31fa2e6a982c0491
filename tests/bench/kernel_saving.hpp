// SPDX-License-Identifier: MIT
/// A first kernel that a second one saves, and one that another restores after a power cycle.
#pragma once

namespace kjump::bench {

struct SavingRun {
  double memory_mb = 0;  ///< that was saved: all but free and zero pages
  double saving_s = 0;
  double restored_mb = 0;  ///< that was written into memory, zeros included
  double checking_s = 0;   ///< reading all of the dump once, before anything is overwritten
  double writing_s = 0;
  double disk_write_mb_s = 0;  ///< what the first kernel gets out of the same disk, with direct I/O
  double disk_read_mb_s = 0;
};

/// In two guests, once; dies when the first kernel does not go on as it was.
[[nodiscard]] const SavingRun& saving_run();

}  // namespace kjump::bench
