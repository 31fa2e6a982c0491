// SPDX-License-Identifier: MIT
/// What payloads/disks.cpp is asked and answers: a job, its steps, an answer to opening, one to every step.
/// Shared by the payload and the tests.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::tests::disks {

enum class DriverName : uint32_t { kVirtio, kNvme, kAhci, kIde, kBios };

enum class StepKind : uint32_t {
  kWrite,    ///< the pattern of `seed` into `count` sectors from `sector` on
  kCheck,    ///< reads them; value: 32-bit words that differ from the pattern
  kFlush,    ///<
  kTorture,  ///< `count` requests of random kind, size, place in the first `area` sectors from `sector` on,
             ///< many in flight; then all is read back. value: words that were wrong; hash: of what the area
             ///< should hold
  kFlood,    ///< `count` reads of one sector at once. value: those that timed out; more: those that were
             ///< aborted
  kWrong,    ///< requests that must be refused. value: how many were; more: how many should be
  kReopen,   ///< closes and opens again
  kSpeed,    ///< `count` MiB in requests of 128 KiB, written from `sector` on, then read. value: ticks of the
             ///< time stamp counter for writing, flush included; more: for reading; hash: ticks in a
             ///< millisecond
  kFirst,    ///< value: the first 8 bytes of sector `sector`
};

struct Step {
  StepKind kind = StepKind::kFlush;
  uint32_t count = 0;
  uint64_t sector = 0;
  uint32_t seed = 0;
  uint32_t area = 0;
};

struct Job {
  DriverName driver = DriverName::kVirtio;
  uint32_t index = 0;       ///< number of the controller
  uint32_t unit = 0xFF;     ///< disk::kAnyUnit
  uint32_t timeout_ms = 0;  ///< 0: the default
  uint64_t buffer = 0;  ///< physical address of free memory; 0: the payload's own 16 KiB, enough for kFirst
  uint32_t steps = 0;
  uint32_t no_dma = 0;
  uint32_t high_bar =
      0;  ///< not 0: this base address register is moved above 4 GiB before the disk is opened
  uint32_t reserved = 0;
};

inline constexpr uint32_t kTextBytes = 160;

/// Zero `code`: no error.
struct Answer {
  uint64_t value = 0;
  uint64_t more = 0;
  uint64_t hash = 0;
  uint32_t code = 0;  ///< disk::Code
  uint32_t status = 0;
  uint32_t detail = 0;
  uint32_t full = 0;
  char text[kTextBytes] = {};
};

struct Opened {
  uint64_t sectors = 0;
  uint32_t sector_bytes = 0;
  uint32_t max_transfer_bytes = 0;
  uint32_t depth = 0;
  uint32_t write_cache = 0;
  uint32_t can_flush = 0;
  uint32_t read_only = 0;
  char model[44] = {};
  char serial[24] = {};
  uint32_t command_before =
      0;  ///< PCI command register before open() and after close(); 0 where there is none
  uint32_t command_after = 0;
  uint32_t reserved = 0;
  Answer answer;
};

// The same for 32-bit and 64-bit compilers, which align 64-bit members differently.
static_assert(sizeof(Step) == 24 && sizeof(Job) == 40 && sizeof(Answer) == 200 && sizeof(Opened) == 312);

/// The word at `index` of the pattern, counted from the disk's first byte.
constexpr uint32_t pattern_word(uint32_t seed, uint64_t index) {
  uint32_t word = seed ^ static_cast<uint32_t>(index) * 0x9E3779B9U ^ static_cast<uint32_t>(index >> 32);
  word ^= word >> 15;
  return word * 0x85EBCA6BU;
}

/// FNV-1a over 32-bit words.
constexpr uint64_t kHashStart = 0xCBF29CE484222325U;
constexpr uint64_t hash_word(uint64_t hash, uint32_t word) {
  return (hash ^ word) * 0x100000001B3U;
}

}  // namespace kjump::tests::disks
