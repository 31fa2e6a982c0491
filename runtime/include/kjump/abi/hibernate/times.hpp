// SPDX-License-Identifier: MIT
/// How long a save or a restore took.
#pragma once

#include <stdint.h>

namespace kjump::abi::hibernate {

/// Microseconds by the time stamp counter.
struct Times {
  uint64_t prepare;  ///< disk, store, fingerprints
  uint64_t scan;     ///< for free pages
  uint64_t content;  ///< pages
  uint64_t verify;   ///< restore: the pass that only reads
  uint64_t finish;   ///< tables, flushes, records
};

/// Where the time of going through all pages went, in microseconds by the time stamp counter.
struct Work {
  uint64_t look;      ///< finding pages and seeing whether they are zero; restore: clearing those
  uint64_t compress;  ///< or unpack, copying included
  uint64_t hash;
  uint64_t wait;  ///< for the disk, the last flush included
};

}  // namespace kjump::abi::hibernate
