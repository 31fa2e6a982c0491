// SPDX-License-Identifier: MIT
/// Typed BIOS calls. Each service is three functions: *_batch() builds the calls of one jump, decode_*()
/// turns their results into a structure, and the plain name does both around a run on a target. The
/// first two are pure, so they can be combined with other batches and tested with recorded answers.
///
/// The class of each service is named with it; what the classes mean: kjump/call_class.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <kjump/bios.hpp>

namespace kjump::bios {

// --- Memory map: INT 15h AX=E820h and INT 12h. Class: pure.

struct MemoryRange {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;
  std::uint32_t type = 0;        ///< 1 usable, 2 reserved, 3 ACPI, 4 ACPI NVS, 5 unusable, else vendor's
  std::uint32_t attributes = 1;  ///< ACPI 3.0; bit 0 is often wrong, it is not interpreted (T53)

  friend bool operator==(const MemoryRange&, const MemoryRange&) = default;
};

struct MemoryMap {
  std::vector<MemoryRange> ranges;    ///< as the firmware gave them, in its order
  std::uint16_t base_memory_kib = 0;  ///< INT 12h
  bool ended_by_carry = false;        ///< the list ended by CF instead of EBX=0
};

[[nodiscard]] Batch memory_map_batch();
[[nodiscard]] Result<MemoryMap> decode_memory_map(const BatchReply& reply);
[[nodiscard]] Result<MemoryMap> memory_map(Target& target);

/// "usable", "reserved", ...
[[nodiscard]] std::string memory_type_name(std::uint32_t type);

/// What this Linux was told at boot: /sys/firmware/memmap, or a directory like it.
[[nodiscard]] Result<std::vector<MemoryRange>> firmware_memory_map(
    const std::filesystem::path& directory = "/sys/firmware/memmap");

/// Differences between two maps in words, none when they describe the same memory: order, empty ranges
/// and how neighbours of one type are divided do not matter.
[[nodiscard]] std::vector<std::string> compare_memory_maps(std::vector<MemoryRange> left,
                                                           std::vector<MemoryRange> right);

// --- Equipment: INT 11h, INT 12h, INT 15h AH=C0h. Class: pure.

/// The table of INT 15h AH=C0h.
struct SystemConfiguration {
  std::uint8_t model = 0;
  std::uint8_t submodel = 0;
  std::uint8_t revision = 0;
  std::array<std::uint8_t, 5> features{};
};

struct Equipment {
  std::uint16_t word = 0;  ///< INT 11h as it is
  std::uint16_t base_memory_kib = 0;
  std::uint8_t floppy_drives = 0;
  std::uint8_t serial_ports = 0;
  std::uint8_t parallel_ports = 0;
  std::uint8_t initial_video = 0;  ///< 0 EGA or later, 1 40x25, 2 80x25 colour, 3 80x25 mono
  bool coprocessor = false;
  bool pointing_device = false;
  std::optional<std::uint32_t> configuration_address;  ///< physical; empty: not supported
  std::optional<SystemConfiguration> configuration;    ///< only when the table is at F000:E6F5
};

[[nodiscard]] Batch equipment_batch();
[[nodiscard]] Result<Equipment> decode_equipment(const BatchReply& reply);
[[nodiscard]] Result<Equipment> equipment(Target& target);

// --- Clock: INT 1Ah AH=00h, 02h, 04h. Class: stateful (AH=00h clears the flag for midnight).

struct Clock {
  std::uint16_t year = 0;
  std::uint8_t month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool daylight_saving = false;
  std::uint32_t ticks = 0;       ///< since midnight as far as the BIOS counted: Linux stops that
  bool midnight_passed = false;  ///< since the last AH=00h
};

[[nodiscard]] Batch clock_batch();
[[nodiscard]] Result<Clock> decode_clock(const BatchReply& reply);
[[nodiscard]] Result<Clock> clock(Target& target);

// --- Video modes: VBE 4F00h, 4F01h, 4F03h and INT 10h AH=0Fh. Class: pure, but unsafe on a card that
// a native driver of Linux drives (T54).

struct VideoMode {
  std::uint16_t number = 0;
  std::uint16_t attributes = 0;  ///< as in VBE 3.0 section 4.4
  std::uint16_t width = 0, height = 0;
  std::uint8_t bits_per_pixel = 0;
  std::uint8_t memory_model = 0;
  std::uint16_t bytes_per_line = 0;
  std::uint32_t framebuffer = 0;  ///< physical; 0: no linear framebuffer

  [[nodiscard]] bool supported() const { return (attributes & 0x01) != 0; }
  [[nodiscard]] bool graphics() const { return (attributes & 0x10) != 0; }
  [[nodiscard]] bool linear() const { return (attributes & 0x80) != 0; }
};

struct VideoModes {
  std::uint8_t current_mode = 0;  ///< AH=0Fh
  std::uint8_t columns = 0;
  std::uint8_t page = 0;
  std::optional<std::uint16_t> current_vbe_mode;
  std::uint16_t vbe_version = 0;  ///< 0x0300 for 3.0; 0: no VBE
  std::uint32_t memory_kib = 0;
  std::uint32_t capabilities = 0;
  std::vector<VideoMode> modes;  ///< in the card's order, those it describes
  bool truncated = false;        ///< the list was longer than a jump can report
};

[[nodiscard]] Batch video_modes_batch();
[[nodiscard]] Result<VideoModes> decode_video_modes(const BatchReply& reply);
[[nodiscard]] Result<VideoModes> video_modes(Target& target);

// --- Disks: INT 13h AH=08h, 41h, 48h. Class: pure. Reading sectors, AH=42h: stateful, and unsafe where Linux
// has driven the drive's controller since firmware set it up (T52): works on IDE, hangs on AHCI and virtio.

struct Geometry {
  std::uint32_t cylinders = 0, heads = 0, sectors = 0;
};

struct BiosDisk {
  std::uint8_t drive = 0;                   ///< 0x80, 0x81, ...
  std::optional<Geometry> geometry;         ///< AH=08h, as for AH=02h
  std::optional<std::uint8_t> edd_version;  ///< AH=41h: 0x21 for EDD 1.1, 0x30 for 3.0
  std::uint16_t edd_features = 0;           ///< AH=41h: bit 0 means AH=42h and 48h work
  std::optional<std::uint64_t> sectors;     ///< AH=48h
  std::uint16_t sector_bytes = 0;           ///< AH=48h
  std::string bus;                          ///< AH=48h: "PCI", "ISA" or empty
  std::string interface;                    ///< "ATA", "SATA", "SCSI", "USB" ... or empty
  std::vector<std::string> remarks;         ///< answers that make no sense (T51)
};

struct BiosDisks {
  std::uint8_t count = 0;       ///< drives by the BIOS data area (40:75)
  std::vector<BiosDisk> disks;  ///< at most kMostDisks of them
};

inline constexpr std::uint8_t kFirstHardDisk = 0x80;
inline constexpr std::uint16_t kMostDisks = 24;

/// Only drives that the BIOS data area counts are asked: absent ones hang some firmware (T51).
[[nodiscard]] Batch disks_batch();
[[nodiscard]] Result<BiosDisks> decode_disks(const BatchReply& reply);
[[nodiscard]] Result<BiosDisks> disks(Target& target);

/// A read by AH=42h.
struct SectorRead {
  std::uint8_t drive = kFirstHardDisk;
  std::uint64_t lba = 0;
  std::uint16_t count = 1;           ///< the reply holds 63 sectors of 512 bytes
  std::uint16_t sector_bytes = 512;  ///< what the drive has (AH=48h); 2048 for CD-ROMs
};

/// Errors: more sectors than a reply holds or than AH=42h takes (127, T50).
[[nodiscard]] Result<Batch> read_sector_batch(const SectorRead& read);
[[nodiscard]] Result<std::vector<std::byte>> decode_read_sector(const SectorRead& read,
                                                                const BatchReply& reply);
[[nodiscard]] Result<std::vector<std::byte>> read_sector(Target& target, const SectorRead& read);

/// INT 13h status in words: "sector not found".
[[nodiscard]] std::string disk_status_name(std::uint8_t status);

}  // namespace kjump::bios
