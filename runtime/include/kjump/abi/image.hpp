// SPDX-License-Identifier: MIT
/// What a jump image says about itself (the KJUMP note) and what a loader tells it (its parameters).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kjump::abi {

/// Processor mode in which kjump_main runs.
enum class PayloadMode : uint16_t {
  kReal = 1,      ///< 16-bit, CS=DS=ES=SS=kRealSegment
  kPhysical = 2,  ///< 32-bit, paging off, flat segments
  kLong = 3,      ///< 64-bit, identity map of RAM
};

inline constexpr char kNoteName[] = "KJUMP";
inline constexpr uint32_t kNoteType = 1;
inline constexpr uint16_t kNoteFormatVersion = 1;

inline constexpr uint32_t kImageNeedsBios = 1u << 0;   ///< refuse on a machine without BIOS services
inline constexpr uint32_t kImageStandalone = 1u << 1;  ///< uses no exchange; any kexec may load it

/// Descriptor of the note, little-endian. Strings are NUL-terminated. A reader accepts a longer
/// descriptor of the same format_version (fields are only ever appended) and refuses a newer one.
struct ImageNote {
  uint16_t format_version;
  uint16_t note_bytes;
  uint32_t flags;  ///< kImage* bits
  uint16_t mode;   ///< PayloadMode
  uint16_t reserved;
  uint32_t kexec_entry;  ///< physical address; entered by the kernel's kexec, in long mode or in 32-bit mode
  uint32_t wake_entry;   ///< physical address in the real segment, entered in real mode after S3; 0: none
  uint32_t parameters;   ///< physical address of LoaderParameters
  uint32_t exchange_base;  ///< physical address; 0 for a standalone image
  uint32_t exchange_bytes;
  uint32_t deadline_ms;  ///< default for the caller; 0: the tool's own default
  char name[32];
  char version[16];
  char description[104];
  uint32_t memory_map;  ///< physical address of MemoryMap; 0: the image does not want to know
  uint32_t boot_entry;  ///< physical address in the real segment, called by a boot sector's program; 0: none
  uint32_t boot_entry_flat;  ///< physical address, entered with paging off by a Multiboot program; 0: none
};

inline constexpr uint32_t kImageNoteBytes = 200;
inline constexpr uint32_t kImageNoteLeastBytes = 192;  ///< up to memory_map; the rest is 0 then
static_assert(sizeof(ImageNote) == kImageNoteBytes);
static_assert(offsetof(ImageNote, kexec_entry) == 12 && offsetof(ImageNote, name) == 36);

inline constexpr uint32_t kMemoryMapMagic = 0x4D4D4A4B;  // "KJMM"
// A firmware's map has a dozen of them; the kernel's own limit is 128 entries of every kind.
inline constexpr uint32_t kRamRanges = 64;

inline constexpr uint32_t kParametersMagic = 0x504C4A4B;  // "KJLP"

/// The wake door's far jump into the image (opcode, 16-bit offset, segment) covers this much of the
/// kernel's wake-up code.
inline constexpr uint32_t kWakeJumpBytes = 5;

/// A register of PCI configuration space as port CF8h wants it: enable bit, bus 0, device, function, offset.
[[nodiscard]] constexpr uint32_t config_address(uint32_t device, uint32_t function, uint32_t offset) {
  return 1u << 31 | device << 11 | function << 8 | offset;
}

/// A dword that the wake entry writes into configuration space before anything else runs.
struct ConfigWrite {
  uint32_t address;  ///< config_address(), offset a multiple of 4; 0: no write
  uint32_t value;
};

/// Facts that only the loader knows. It patches them into its copy of the image before loading; a
/// standalone image carries what `kjump link` put there.
struct LoaderParameters {
  uint32_t magic = kParametersMagic;
  uint32_t flags = 0;             ///< kParameter* bits
  uint64_t nonce = 0;             ///< the exchange must hold the same, or it is not touched
  uint64_t kernel_gdt_base = 0;   ///< linear address in the kernel's map, CPU 0's GDT
  uint64_t hpet_base = 0;         ///< physical address of the HPET registers; 0: no HPET
  uint64_t io_apic_base = 0;      ///< physical address of the I/O APIC whose pins are GSIs from 0; 0: none
  uint16_t kernel_gdt_limit = 0;  ///< as for LGDT
  uint16_t parameters_bytes = sizeof(LoaderParameters);  ///< what this image has room for
  uint32_t wake_code = 0;                                ///< physical address of the kernel's wake-up code
  uint8_t displaced[7] = {};          ///< its first kWakeJumpBytes bytes, which the wake entry puts back
  uint8_t timer_pin = 0;              ///< of that I/O APIC, where the PIT's channel 0 arrives; 0: none
  ConfigWrite config_writes[4] = {};  ///< what this machine's firmware forgets when it wakes
  uint32_t tsc_khz = 0;               ///< how fast the time-stamp counter runs; 0: the stub measures it
  uint32_t reserved = 0;
};

inline constexpr uint32_t kParameterHasExchange = 1u << 0;
inline constexpr uint32_t kParameterLoadKernelGdt = 1u << 1;
inline constexpr uint32_t kParameterPae = 1u << 2;             ///< an i386 kernel whose page tables are PAE's
inline constexpr uint32_t kParameterHasCrashRecord = 1u << 3;  ///< at kCrashRecordBase
/// The machine has an MC146818 clock, whose IRQ 8 arrives at pin kClockPin of that I/O APIC.
inline constexpr uint32_t kParameterClockInterrupt = 1u << 4;
inline constexpr uint32_t kClockPin = 8;

inline constexpr uint32_t kLoaderParametersBytes = 96;
static_assert(sizeof(LoaderParameters) == kLoaderParametersBytes);
static_assert(offsetof(LoaderParameters, nonce) == 8);
static_assert(offsetof(LoaderParameters, kernel_gdt_limit) == 40);
static_assert(offsetof(LoaderParameters, wake_code) == 44);
static_assert(sizeof(LoaderParameters::displaced) >= kWakeJumpBytes);

/// [start, end) of RAM, physical addresses.
struct RamRange {
  uint64_t start;
  uint64_t end;
};

/// All RAM of the machine, ACPI's included, which the loader tells a long-mode payload. Nothing told
/// (count 0): unknown.
struct MemoryMap {
  uint32_t magic = kMemoryMapMagic;
  uint32_t count = 0;
  RamRange ranges[kRamRanges] = {};
};

inline constexpr uint32_t kMemoryMapBytes = 1032;
static_assert(sizeof(MemoryMap) == kMemoryMapBytes && offsetof(MemoryMap, ranges) == 8);

}  // namespace kjump::abi
