// SPDX-License-Identifier: MIT
#include "hibernate/file_map.hpp"

#include <fmt/format.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <kjump/abi/hibernate/store.hpp>

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

// Not in linux/magic.h.
constexpr std::uint64_t kXfsMagic = 0x58465342;
constexpr std::uint64_t kZfsMagic = 0x2FC12FC1;
constexpr std::uint64_t kBcachefsMagic = 0xCA451A4E;

constexpr std::uint32_t kExtentsAtOnce = 128;

struct Unfit {
  std::uint64_t magic;
  const char* why;
};
constexpr std::array kUnfit{
    Unfit{BTRFS_SUPER_MAGIC, "btrfs moves blocks, and what it calls their addresses are not the disk's"},
    Unfit{kZfsMagic, "ZFS moves blocks"},
    Unfit{kBcachefsMagic, "bcachefs moves blocks"},
    Unfit{F2FS_SUPER_MAGIC, "F2FS moves blocks"},
    Unfit{OVERLAYFS_SUPER_MAGIC, "an overlay has no disk of its own"},
    Unfit{TMPFS_MAGIC, "tmpfs is memory"},
    Unfit{RAMFS_MAGIC, "this file system is memory"},
    Unfit{NFS_SUPER_MAGIC, "NFS is not on a disk of this machine"},
    Unfit{MSDOS_SUPER_MAGIC, "FAT has no unwritten extents and no way to pin a file"}};

struct BadFlag {
  std::uint32_t flag;
  const char* what;
};
constexpr std::array kBadFlags{BadFlag{FIEMAP_EXTENT_UNKNOWN, "its place is not known"},
                               BadFlag{FIEMAP_EXTENT_DELALLOC, "it has no place yet"},
                               BadFlag{FIEMAP_EXTENT_ENCODED, "it is compressed or encrypted"},
                               BadFlag{FIEMAP_EXTENT_DATA_ENCRYPTED, "it is encrypted"},
                               BadFlag{FIEMAP_EXTENT_NOT_ALIGNED, "it does not begin on a block"},
                               BadFlag{FIEMAP_EXTENT_DATA_INLINE, "it lies inside the inode"},
                               BadFlag{FIEMAP_EXTENT_DATA_TAIL, "it shares its block with other files"},
                               BadFlag{FIEMAP_EXTENT_SHARED, "it is shared with other files"}};

Failure refuse_file(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kUnsupported, "the store cannot be this file: " + why, path,
              "use a partition, or a file on ext4 or XFS");
}

/// One call's worth: the header, and the extents behind it.
constexpr std::size_t kWindowBytes = sizeof(fiemap) + kExtentsAtOnce * sizeof(fiemap_extent);
struct Window {
  alignas(fiemap) std::array<std::byte, kWindowBytes> bytes{};
};

Result<void> add_extent(FileMap& map, const fiemap_extent& extent, std::uint64_t file_bytes,
                        const std::string& path) {
  for (const BadFlag& bad : kBadFlags) {
    if ((extent.fe_flags & bad.flag) != 0) {
      return refuse_file(path,
                         fmt::format("{} ({} bytes from {})", bad.what, extent.fe_length, extent.fe_logical));
    }
  }
  if (extent.fe_logical >= file_bytes) {
    return {};  // allocated behind the end
  }
  if ((extent.fe_flags & FIEMAP_EXTENT_UNWRITTEN) == 0) {
    map.untouched = false;
  }
  map.runs.push_back({extent.fe_logical, extent.fe_physical,
                      std::min<std::uint64_t>(extent.fe_length, file_bytes - extent.fe_logical)});
  return {};
}

/// Where the next call begins, or the end of the file.
Result<std::uint64_t> map_window(int fd, const std::string& path, std::uint64_t from,
                                 std::uint64_t file_bytes, FileMap& map) {
  fiemap header;  // not {}: clang would have it initialise an array of no elements
  std::memset(&header, 0, sizeof header);
  header.fm_start = from;
  header.fm_length = FIEMAP_MAX_OFFSET - from;
  header.fm_flags = FIEMAP_FLAG_SYNC;
  header.fm_extent_count = kExtentsAtOnce;
  Window window;
  std::memcpy(window.bytes.data(), &header, sizeof header);
  if (::ioctl(fd, FS_IOC_FIEMAP, window.bytes.data()) != 0) {
    return fail_errno("cannot ask the file system where the file lies (FIEMAP)", path);
  }
  std::memcpy(&header, window.bytes.data(), sizeof header);
  std::uint64_t next = file_bytes;
  for (std::uint32_t i = 0; i < std::min(header.fm_mapped_extents, kExtentsAtOnce); ++i) {
    fiemap_extent extent{};
    std::memcpy(&extent, window.bytes.data() + sizeof header + i * sizeof extent, sizeof extent);
    KJUMP_CHECK(add_extent(map, extent, file_bytes, path));
    const bool more = i + 1 == kExtentsAtOnce && (extent.fe_flags & FIEMAP_EXTENT_LAST) == 0;
    if (more && extent.fe_length != 0) {
      next = extent.fe_logical + extent.fe_length;
    }
  }
  return next;
}

}  // namespace

Result<void> check_file_system(int fd, const std::string& path) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) {
    return fail_errno("cannot ask for the file system", path);
  }
  const auto magic = static_cast<std::uint64_t>(status.f_type) & 0xFFFF'FFFF;
  const auto* const unfit =
      std::find_if(kUnfit.begin(), kUnfit.end(), [magic](const Unfit& each) { return each.magic == magic; });
  if (unfit != kUnfit.end()) {
    return refuse_file(path, unfit->why);
  }
  if (magic != EXT4_SUPER_MAGIC && magic != kXfsMagic) {
    return refuse_file(path, fmt::format("whether its file system (type {:#x}) leaves blocks where they are "
                                         "is not known",
                                         magic));
  }
  fsxattr attributes{};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0 && (attributes.fsx_xflags & FS_XFLAG_REALTIME) != 0) {
    return refuse_file(path, "it lies on a realtime device of XFS");
  }
  return {};
}

Result<FileMap> map_file(int fd, const std::string& path) {
  KJUMP_CHECK(check_file_system(fd, path));
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return fail_errno("cannot ask for the file's size", path);
  }
  // Whole blocks only: the last one may be cut.
  const std::uint64_t bytes = static_cast<std::uint64_t>(status.st_size) / kBlockBytes * kBlockBytes;
  FileMap map;
  for (std::uint64_t next = 0; next < bytes;) {
    KJUMP_TRY(next, map_window(fd, path, next, bytes, map));
    if (map.runs.size() > std::size_t{kMostExtents} * 16) {
      return refuse_file(path, "it lies in too many pieces");
    }
  }
  const std::uint64_t end = map.runs.empty() ? 0 : map.runs.back().logical + map.runs.back().bytes;
  if (end != bytes) {
    return refuse_file(path,
                       fmt::format("it has a hole at its end: {} of {} bytes have a place", end, bytes));
  }
  return map;
}

}  // namespace kjump::hibernate
