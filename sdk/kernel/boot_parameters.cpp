// SPDX-License-Identifier: MIT
#include "kernel/boot_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <kjump/abi/two_kernels.hpp>

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

// ACPI 6.5, table 15.4.
enum : std::uint32_t { kRam = 1, kReserved = 2, kAcpi = 3, kNonVolatile = 4, kUnusable = 5 };
constexpr std::uint8_t kLoaderKexec = 0xD0;  // boot.rst, type_of_loader: kexec

// As the kernel words them in /sys/firmware/memmap; in /proc/iomem devices stand between them.
std::optional<std::uint32_t> type_number(const std::string& type) {
  static const std::array<std::pair<const char*, std::uint32_t>, 5> names{
      {{"System RAM", kRam},
       {"Reserved", kReserved},
       {"ACPI Tables", kAcpi},
       {"ACPI Non-volatile Storage", kNonVolatile},
       {"Unusable memory", kUnusable}}};
  for (const auto& [name, number] : names) {
    if (type == name) {
      return number;
    }
  }
  return std::nullopt;
}

// The pieces of B, in order of address. The head of its memory is not among them.
std::array<MemoryPiece, 2> own_pieces(const MemoryPiece& memory) {
  return {{{format::kLowMemoryBase, format::kLowMemoryEnd - format::kLowMemoryBase},
           {memory.base + kHeadBytes, memory.bytes - kHeadBytes}}};
}

void add(std::vector<boot_e820_entry>& map, std::uint64_t start, std::uint64_t end, std::uint32_t type) {
  if (start < end) {
    map.push_back({.addr = start, .size = end - start, .type = type});
  }
}

}  // namespace

Result<std::vector<boot_e820_entry>> second_memory_map(const MemoryMap& machine, const MemoryPiece& memory) {
  const auto own = own_pieces(memory);
  for (const MemoryPiece& piece : own) {
    if (const auto hole = machine.first_hole(piece.base, piece.end())) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{:#x} is not System RAM but '{}'", *hole, machine.type_at(*hole)),
                  fmt::format("{:#x} bytes at {:#x}", piece.bytes, piece.base),
                  "the second kernel needs this memory");
    }
  }
  std::vector<boot_e820_entry> map;
  for (const MemoryRange& range : machine.ranges()) {
    const auto type = type_number(range.type);
    if (!type || *type != kRam) {
      add(map, range.start, type ? range.end : range.start, type.value_or(kReserved));
      continue;
    }
    std::uint64_t at = range.start;
    for (const MemoryPiece& piece : own) {
      const std::uint64_t start = std::clamp(piece.base, at, range.end);
      const std::uint64_t end = std::clamp(piece.end(), at, range.end);
      add(map, at, start, kReserved);
      add(map, start, end, kRam);
      at = end;
    }
    add(map, at, range.end, kReserved);
  }
  std::sort(map.begin(), map.end(),
            [](const boot_e820_entry& a, const boot_e820_entry& b) { return a.addr < b.addr; });
  if (map.size() > E820_MAX_ENTRIES_ZEROPAGE) {
    return fail(ErrorCode::kLimit, fmt::format("the memory map has {} entries", map.size()), "boot_params",
                fmt::format("{} is the most", E820_MAX_ENTRIES_ZEROPAGE));
  }
  return map;
}

Result<boot_params> make_boot_parameters(const System& system, const BootImage& image,
                                         const BootFacts& facts) {
  static constexpr const char* kOwn = "/sys/kernel/boot_params/data";
  static_assert(sizeof(boot_params) == abi::kPageBytes);
  boot_params own{};
  KJUMP_TRY(const std::string data, system.read_at(kOwn, 0, sizeof own));
  if (data.size() != sizeof own) {
    return fail(ErrorCode::kUnsupported, "the kernel does not say how it was booted", kOwn);
  }
  std::memcpy(&own, data.data(), sizeof own);
  boot_params made{};
  made.screen_info = own.screen_info;
  made.acpi_rsdp_addr = own.acpi_rsdp_addr;
  made.ist_info = own.ist_info;
  made.eddbuf_entries = own.eddbuf_entries;
  made.edd_mbr_sig_buf_entries = own.edd_mbr_sig_buf_entries;
  std::memcpy(made.edd_mbr_sig_buffer, own.edd_mbr_sig_buffer, sizeof made.edd_mbr_sig_buffer);
  std::memcpy(made.eddbuf, own.eddbuf, sizeof made.eddbuf);
  made.hdr = image.header();
  made.hdr.type_of_loader = kLoaderKexec;
  made.hdr.loadflags = static_cast<std::uint8_t>(made.hdr.loadflags & ~CAN_USE_HEAP);
  made.hdr.code32_start = static_cast<std::uint32_t>(facts.layout.kernel);
  made.hdr.cmd_line_ptr = format::kCommandLineBase;
  made.hdr.setup_data = 0;
  made.hdr.ramdisk_image = static_cast<std::uint32_t>(facts.initrd_bytes != 0 ? facts.layout.initrd : 0);
  made.hdr.ramdisk_size = static_cast<std::uint32_t>(facts.initrd_bytes);
  if (facts.initrd_bytes != 0) {
    made.ext_ramdisk_image = static_cast<std::uint32_t>(facts.layout.initrd >> 32);
    made.ext_ramdisk_size = static_cast<std::uint32_t>(facts.initrd_bytes >> 32);
  }
  KJUMP_TRY(const MemoryMap machine, MemoryMap::read(system));
  KJUMP_TRY(const std::vector<boot_e820_entry> map, second_memory_map(machine, facts.memory));
  made.e820_entries = static_cast<std::uint8_t>(map.size());
  std::copy(map.begin(), map.end(), std::begin(made.e820_table));
  return made;
}

}  // namespace kjump::two_kernels
