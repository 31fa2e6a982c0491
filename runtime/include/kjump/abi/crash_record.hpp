// SPDX-License-Identifier: MIT
/// What is left to read when a jump takes the machine with it: one page at kCrashRecordBase, which firmware
/// does not clear on a reset. The caller fills it before a jump, the runtime keeps its trail up to date.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::abi {

/// How far a jump has come.
enum class Stage : uint32_t {
  kBefore = 0,   ///< the stub has not run
  kEntered = 1,  ///< in the stub, on the way to the payload
  kPayload = 2,
  kLeaving = 3,  ///< the payload has ended
};

/// Kept up to date while the payload runs.
struct Trail {
  uint32_t stage;    ///< Stage
  uint32_t calls;    ///< firmware calls begun
  uint32_t call;     ///< the last one: CallKind in the low half, vector in the high half
  uint32_t target;   ///< its offset and segment, far calls only
  uint32_t eax;      ///< its EAX
  uint32_t in_call;  ///< kTrailInCall while it has not come back
};

inline constexpr uint32_t kTrailInCall = 1;
static_assert(sizeof(Trail) == 24);

struct CrashRecord {
  uint32_t magic;
  uint32_t bytes;       ///< kCrashRecordBytes
  uint64_t nonce;       ///< the session's
  uint64_t started_at;  ///< seconds since 1970, UTC
  uint32_t boot_id[4];  ///< which boot of Linux made the jump
  uint32_t sequence;    ///< number of the jump in its session, from 1; 0: none is under way
  uint32_t deadline_ms;
  char image_name[32];  ///< NUL-terminated
  Trail trail;          ///< the runtime's
};

inline constexpr uint32_t kCrashRecordMagic = 0x52434A4B;  // "KJCR"
inline constexpr uint32_t kCrashRecordBytes = 104;
static_assert(sizeof(CrashRecord) == kCrashRecordBytes);

}  // namespace kjump::abi
