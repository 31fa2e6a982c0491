// SPDX-License-Identifier: MIT
/// Two whole kernels that jump into each other: what they leave for each other in low memory, and what each
/// asks of the crossing payload (runtime/two_kernels).
///
/// The first kernel (A) makes the second one (B) and all that is below. Both load the same crossing image for
/// a jump. The area lies outside its segments, in memory that neither kernel gives away: Linux 5.13 and later
/// keeps the first MiB out of its allocators (kexec_jump.md 7).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/image.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump::abi::two_kernels {

// An image of mode physical ends at kFlatEnd; page tables of a long-mode one may be here, but are swapped.
inline constexpr uint32_t kAreaBase = kLongTablesBase;
inline constexpr uint32_t kHandOffBase = kAreaBase;
inline constexpr uint32_t kBootParametersBase = kAreaBase + 0x1000;  ///< struct boot_params, one page
inline constexpr uint32_t kCommandLineBase = kAreaBase + 0x2000;
inline constexpr uint32_t kCommandLineBytes = 0x1000;
inline constexpr uint32_t kCoreHeaderBase = kAreaBase + 0x3000;  ///< elfcorehdr= of B: how A's memory is read
inline constexpr uint32_t kCoreHeaderBytes = 0x1800;
inline constexpr uint32_t kCoreNotesBase = kCoreHeaderBase + kCoreHeaderBytes;  ///< and A's registers
inline constexpr uint32_t kCoreNotesBytes = 0x1800;
inline constexpr uint32_t kAreaEnd = kCoreNotesBase + kCoreNotesBytes;

// B's memory below 1 MiB, with the area in it: B's kjump wants memory for images where A's has it. B uses
// none of it but the very top, for the start-up code of processors (arch/x86/realmode/init.c), 28 KiB at
// most; and 64 KiB from address 0 it would not use in any case (X86_RESERVE_LOW).
inline constexpr uint32_t kLowMemoryBase = kImageLowest;
inline constexpr uint32_t kLowMemoryEnd = kImageEnd;
static_assert(kFlatEnd <= kAreaBase && kLowMemoryEnd - kAreaEnd >= 0x8000);

inline constexpr uint32_t kMagic = 0x324B4A4B;  // "KJK2"
inline constexpr uint16_t kVersion = 3;

enum class Side : uint32_t {
  kFirst = 0,   ///< the kernel that was booted by firmware or a boot loader
  kSecond = 1,  ///< the one it has started
};

enum class Presence : uint32_t {
  kNone = 0,
  kRuns = 1,   ///< it has the processor, or it has never jumped
  kWaits = 2,  ///< it is in a jump; the record says how to get back
  kLost = 3,   ///< it was overdue: the guard has taken the processor from it, wherever it was
};

/// Where an x86_64 kernel's relocate_kernel will return to, and with what, in the order of ELF's notes
/// (struct user_regs_struct). Registers that a function may change are 0: the kernel does not keep them.
struct FrameRegisters {
  uint64_t r15, r14, r13, r12, rbp, rbx;
  uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
  uint64_t rip, cs, rflags, rsp, ss;
  uint64_t fs_base, gs_base, ds, es, fs, gs;
};

/// What an x86_64 kernel's relocate_kernel keeps in the upper half of its control page, as it lies there
/// (arch/x86/kernel/relocate_kernel_64.S before 6.14).
struct ControlData {
  uint64_t rsp, cr0, cr3, cr4;
  uint64_t tables;      ///< physical address: page tables of the jump
  uint64_t swap_page;   ///< physical address
  uint64_t backup_map;  ///< head of the list of pages that were swapped: kimage->head
};
inline constexpr uint32_t kControlDataOffset = 0x800;  ///< KEXEC_CONTROL_CODE_MAX_SIZE

/// One of the two kernels: all that it takes to let its jump return.
struct KernelRecord {
  uint32_t presence;      ///< Presence
  uint32_t frame_known;   ///< 1: what the next three say is so
  uint64_t control_page;  ///< physical address
  ControlData control;
  FrameRegisters frame;
  uint64_t tsc_left;  ///< TSC when it last let go of the processor
  EntryState entry;
  LoaderParameters parameters;
  ExchangeHeader exchange;
  char release[64];  ///< uname -r, NUL-terminated
};

/// A range of the firmware's memory map, type as INT 15h AX=E820h has it.
struct MachineRange {
  uint64_t start;
  uint64_t end;
  uint64_t type;
};
inline constexpr uint32_t kMostMachineRanges = 40;

/// The machine that A runs on: what must be the same where A is restored.
struct MachineFacts {
  uint32_t cpu_vendor[3];
  uint32_t cpu_signature;    ///< CPUID.1:EAX
  uint32_t cpu_features[8];  ///< CPUID.1:ECX EDX, 7.0:EBX ECX EDX, 80000001h:ECX EDX, 0Dh.1:EAX
  uint32_t processors;       ///< that A had online when it started B
  uint32_t free_fill;        ///< what A expects of free pages: abi::hibernate::FreeFill
  uint32_t ranges;           ///< of the map, which may be more than `map` has room for; 0: nothing is known
  uint32_t reserved;
  uint64_t map_hash;  ///< XXH64 of all ranges
  MachineRange map[kMostMachineRanges];
};

enum class SnapshotState : uint32_t {
  kNone = 0,
  kAsked = 1,
  kDone = 2,
  kFailed = 3,
  kRestored = 4,  ///< A goes on from the very snapshot that it has asked for
};

/// What A asks of a B whose business is to save A (kjump snapshot), and what B answers.
struct SnapshotJob {
  uint32_t state;  ///< SnapshotState
  uint32_t reserved;
  uint64_t id;            ///< of the index on the disk: how B knows the right disk
  uint64_t disk_sectors;  ///< of the whole disk
  uint64_t sector;        ///< where the index lies on it
  uint64_t number;        ///< of the snapshot that was made
  char trouble[256];      ///< kFailed: why, NUL-terminated
};

/// In the page at kHandOffBase. Written by A's kjump and by the payload.
struct HandOff {
  uint32_t magic;
  uint16_t version;
  uint16_t bytes;
  uint64_t id;         ///< of this pair of kernels
  uint64_t crossings;  ///< jumps between them, the first included
  uint64_t memory_base;
  uint64_t memory_bytes;  ///< B's
  uint32_t place;         ///< Place
  uint32_t reserved;
  char name[32];
  uint64_t vmcoreinfo_base;  ///< physical address of A's own note VMCOREINFO; 0: not told
  uint64_t vmcoreinfo_bytes;
  KernelRecord kernels[2];
  MachineFacts machine;
  SnapshotJob snapshot;
};

/// What B's memory is made of in A.
enum class Place : uint32_t { kHugePages = 1, kReserved = 2, kSwapped = 3 };

enum class Action : uint32_t {
  kStart = 1,  ///< of the first kernel: enter a kernel that lies in memory
  kCross = 2,  ///< let the other one's jump return
};

/// A piece of the bulk request that kStart copies to where it belongs, below 4 GiB.
struct CopyPiece {
  uint64_t address;
  uint64_t bytes;  ///< 0: none
};
inline constexpr uint32_t kCopyPieces = 4;
inline constexpr uint32_t kIoApics = 8;

struct CrossingRequest {
  uint32_t magic;
  uint16_t version;
  uint16_t reserved;
  uint64_t id;
  uint32_t action;       ///< Action
  uint32_t side;         ///< Side: who asks
  uint64_t entry;        ///< kStart: where the kernel is entered
  uint64_t page_tables;  ///< kStart: PML4 that maps it and the first 2 MiB; 0: it is entered with paging off
  uint32_t digits;       ///< kStart: where the 16 digits of kexec_jump_back_entry= go; 0: nowhere
  uint32_t registers;    ///< kStart: where the FrameRegisters of A go, in a note; 0: nowhere
  CopyPiece pieces[kCopyPieces];  ///< kStart: one after the other in the bulk request
  char release[64];               ///< of who asks
  uint64_t snapshot;              ///< of the first kernel, with a deadline: kSnapshotBytes (abi/guard.hpp)
  uint32_t deadline_ms;           ///< after which the second kernel is overdue; 0: none
  uint32_t guard_apic_id;         ///< of the processor that stands guard until then
  uint32_t io_apics[kIoApics];    ///< physical addresses, 0 for none: they are shut when it has fired
};

inline constexpr uint32_t kCrossingRequestBytes = 224;
static_assert(sizeof(CrossingRequest) == kCrossingRequestBytes);
static_assert(sizeof(HandOff) <= kPageBytes);

/// What the payload's status says. Below kRefused: the jump went where it was meant to go, and the status is
/// read by who has it returned.
enum class CrossingStatus : uint32_t {
  kCrossed = 1,  ///< the other kernel has come back
  kOverdue = 2,  ///< it has not, and is lost
  kRefused = 16,
  kBadRequest = 16,
  kForeign = 17,  ///< the page does not hold this pair's records
  kNobody = 18,   ///< the other kernel is not in a jump
  kNoWay = 19,    ///< it is in one that has no way back
  kNoBulk = 20,   ///< the bulk request is shorter than its pieces, or out of reach
  kNoGuard = 21,  ///< the processor that was to stand guard did not start
};

}  // namespace kjump::abi::two_kernels
