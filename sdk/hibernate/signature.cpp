// SPDX-License-Identifier: MIT
#include "hibernate/signature.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace kjump::hibernate {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  const char* what;
};

// Offsets and bytes as in util-linux' libblkid/src/superblocks and the kernel's linux/magic.h.
constexpr std::array kAtBeginning{
    Signature{1080, "\x53\xEF"sv, "an ext2, ext3 or ext4 file system"},
    Signature{0, "XFSB"sv, "an XFS file system"}, Signature{0x10040, "_BHRfS_M"sv, "a btrfs file system"},
    Signature{1024, "\x10\x20\xF5\xF2"sv, "an F2FS file system"},
    Signature{4096 + 24, "\xC6\x85\x73\xF6\x4E\x1A\x45\xCA\x82\x65\xF5\x7F\x48\xBA\x6D\x81"sv, "a bcache"},
    Signature{4096 + 24, "\xC6\x85\x73\xF6\x66\xCE\x90\xA9\xD9\x6A\x60\xCF\x80\x3D\xF7\xEF"sv,
              "a bcachefs file system"},
    Signature{0, "LUKS\xBA\xBE"sv, "a LUKS volume"}, Signature{512, "LABELONE"sv, "an LVM volume"},
    Signature{0, "LABELONE"sv, "an LVM volume"},
    Signature{4096, "\xFC\x4E\x2B\xA9"sv, "a member of a RAID of Linux (md)"},
    Signature{0, "\xFC\x4E\x2B\xA9"sv, "a member of a RAID of Linux (md)"},
    Signature{4086, "SWAPSPACE2"sv, "swap space"}, Signature{4086, "SWAP-SPACE"sv, "swap space"},
    Signature{4086, "S1SUSPEND"sv, "swap space with an image of Linux' own hibernation"},
    Signature{4086, "S2SUSPEND"sv, "swap space with an image of Linux' own hibernation"},
    Signature{4086, "ULSUSPEND"sv, "swap space with an image of s2disk"},
    Signature{3, "NTFS    "sv, "an NTFS file system"}, Signature{3, "EXFAT   "sv, "an exFAT file system"},
    Signature{54, "FAT1"sv, "a FAT file system"}, Signature{82, "FAT32   "sv, "a FAT file system"},
    Signature{3, "-FVE-FS-"sv, "a BitLocker volume"}, Signature{512, "EFI PART"sv, "a partition table (GPT)"},
    Signature{4096, "EFI PART"sv, "a partition table (GPT)"},
    Signature{32769, "CD001"sv, "an ISO 9660 file system"}, Signature{0, "hsqs"sv, "a squashfs file system"},
    Signature{1024, "\xE2\xE1\xF5\xE0"sv, "an EROFS file system"},
    Signature{0x10034, "ReIsEr"sv, "a ReiserFS file system"}, Signature{32768, "JFS1"sv, "a JFS file system"},
    // Any boot sector or MBR that is none of the above.
    Signature{510, "\x55\xAA"sv, "a boot sector or a partition table (MBR)"}};

// Counted from the end.
constexpr std::array kAtEnd{Signature{512, "EFI PART"sv, "the copy of a partition table (GPT)"},
                            Signature{4096, "EFI PART"sv, "the copy of a partition table (GPT)"}};

bool has(std::span<const std::byte> bytes, std::size_t at, std::string_view wanted) {
  return at <= bytes.size() && bytes.size() - at >= wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

/// md's superblocks of versions 0.90 and 1.0 lie at multiples of 4 KiB in the last 128 KiB.
bool has_raid_at_end(std::span<const std::byte> tail) {
  for (std::size_t back = 4096; back <= tail.size() && back <= std::size_t{128} * 1024; back += 4096) {
    if (has(tail, tail.size() - back, "\xFC\x4E\x2B\xA9"sv)) {
      return true;
    }
  }
  return false;
}

/// A ZFS label: uberblocks of at least 1 KiB in its second half (zfs vdev_impl.h), the same magic in all.
bool has_zfs(std::span<const std::byte> head) {
  constexpr std::size_t kUberblocks = std::size_t{128} * 1024;
  for (std::size_t at = kUberblocks; at < 2 * kUberblocks; at += 1024) {
    if (has(head, at, "\x0C\xB1\xBA\x00"sv)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string recognise(std::span<const std::byte> head, std::span<const std::byte> tail) {
  if (has_zfs(head)) {
    return "a ZFS pool";
  }
  for (const Signature& each : kAtBeginning) {
    if (has(head, each.offset, each.bytes)) {
      return each.what;
    }
  }
  for (const Signature& each : kAtEnd) {
    if (tail.size() >= each.offset && has(tail, tail.size() - each.offset, each.bytes)) {
      return each.what;
    }
  }
  return has_raid_at_end(tail) ? "a member of a RAID of Linux (md)" : "";
}

}  // namespace kjump::hibernate
