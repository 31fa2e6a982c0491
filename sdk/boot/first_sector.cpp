// SPDX-License-Identifier: MIT
#include "boot/first_sector.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <kjump/abi/hibernate/store.hpp>

#include "boot/crc32.hpp"

namespace kjump::boot {
namespace {

// A classic partition table (UEFI 2.10, 5.2.1).
constexpr std::size_t kPartitions = 446;
constexpr std::size_t kPartitionBytes = 16;
constexpr std::size_t kPartitionType = 4;
constexpr std::size_t kPartitionCount = 4;
constexpr std::byte kProtective{0xEE};
constexpr std::size_t kSignature = 510;

// Words in boot code that reads its own disk by addresses in itself, or relocates itself: it runs from
// anywhere.
constexpr std::string_view kKnownWords[] = {"GRUB ", "LILO", "Missing operating system",
                                            "Error loading operating system"};

std::string_view text_of(const Sector& sector) {
  return {reinterpret_cast<const char*>(sector.data()), abi::kBootCodeBytes};
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace

abi::BootSectorFields our_fields(const Sector& sector) {
  abi::BootSectorFields fields{};
  std::memcpy(&fields, sector.data() + abi::kBootSectorFields, sizeof fields);
  return fields;
}

BootCode boot_code_of(const Sector& sector) {
  if (our_fields(sector).magic == abi::kBootSectorMagic) {
    return BootCode::kOurs;
  }
  if (is_zero(std::span(sector).first(abi::kBootCodeBytes))) {
    return BootCode::kNone;
  }
  const std::string_view text = text_of(sector);
  const bool known = std::any_of(std::begin(kKnownWords), std::end(kKnownWords), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
  return known ? BootCode::kKnown : BootCode::kForeign;
}

bool has_protective_mbr(const Sector& sector) {
  for (std::size_t i = 0; i < kPartitionCount; ++i) {
    if (sector[kPartitions + i * kPartitionBytes + kPartitionType] == kProtective) {
      return true;
    }
  }
  return false;
}

std::string occupied_by(const Sector& sector) {
  std::uint64_t magic = 0;
  std::memcpy(&magic, sector.data(), sizeof magic);
  return magic == abi::hibernate::kStoreMagic ? "the beginning of a store" : "";
}

Result<void> check_may_install(const Sector& sector, bool whole_disk, bool force,
                               const std::string& subject) {
  if (const std::string owner = occupied_by(sector); !owner.empty()) {
    return fail(ErrorCode::kUnsupported, "the first sector holds " + owner, subject,
                "name the whole disk, or prepare the store in a partition or a file");
  }
  const BootCode code = boot_code_of(sector);
  if (force || code == BootCode::kNone || code == BootCode::kOurs) {
    return {};
  }
  if (!whole_disk) {
    return fail(ErrorCode::kUnsupported,
                "the partition's first sector is in use, by a file system or a boot loader", subject,
                "install into the whole disk, or say --force if it is known to be free");
  }
  if (code == BootCode::kForeign && has_protective_mbr(sector)) {
    return fail(ErrorCode::kUnsupported,
                "a disk with a GPT has boot code of an unknown kind in its first sector", subject,
                "say --force: it is kept, and called when there is nothing to restore");
  }
  return {};
}

SectorCode code_in(const Sector& sector) {
  SectorCode code{};
  std::copy_n(sector.begin(), code.size(), code.begin());
  return code;
}

Sector with_code(Sector sector, const SectorCode& code) {
  std::copy(code.begin(), code.end(), sector.begin());
  sector[kSignature] = std::byte{0x55};
  sector[kSignature + 1] = std::byte{0xAA};
  return sector;
}

Result<SectorCode> old_code_in(std::span<const std::byte> block, const abi::BootSectorFields& fields,
                               const std::string& subject) {
  abi::BootBlockFields found{};
  if (block.size() != abi::kBootBlockBytes || crc32(block) != fields.block_crc) {
    return fail(ErrorCode::kMalformed, "the boot block, which keeps the former boot code, is damaged",
                subject, "say --force to do without the former boot code, and install its boot loader again");
  }
  std::memcpy(&found, block.data() + abi::kBootBlockCode, sizeof found);
  SectorCode code{};
  std::memcpy(code.data(), &found.old_code[0], code.size());
  return code;
}

}  // namespace kjump::boot
