// SPDX-License-Identifier: MIT
#include "hibernate/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "hibernate/block_device.hpp"
#include "hibernate/file_map.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

/// All of a device, as whole blocks.
std::vector<ByteRun> whole(const BlockDevice& device) {
  const std::uint64_t bytes = device.sectors / kSectorsPerBlock * kBlockBytes;
  return bytes == 0 ? std::vector<ByteRun>{} : std::vector<ByteRun>{{0, 0, bytes}};
}

std::uint64_t blocks_in(const std::vector<Extent>& extents) {
  return extents.empty() ? 0 : extents.back().first_block + extents.back().blocks;
}

/// A disk with sectors of 4 KiB reads and writes only such, from multiples of them.
Result<void> check_alignment(const Place& place, const BlockDevice& device, const std::string& path) {
  for (const Extent& extent : place.extents) {
    if (extent.sector * kSectorBytes % device.logical_block_bytes != 0) {
      return fail(ErrorCode::kUnsupported, "the store does not begin on a sector of its disk", path);
    }
  }
  return {};
}

}  // namespace

Result<Place> locate(const System& system, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return fail_errno("cannot find the store", path);
  }
  const bool file = S_ISREG(status.st_mode);
  if (!file && !S_ISBLK(status.st_mode)) {
    return fail(ErrorCode::kInvalid, "neither a block device nor a regular file", path);
  }
  Place place;
  place.file = file;
  BlockDevice device;
  if (file) {
    KJUMP_TRY(const UniqueFd fd, system.open(path, O_RDONLY));
    // First the file system: it has the better reason where there is no device at all.
    KJUMP_TRY(const FileMap map, map_file(fd.get(), path));
    KJUMP_TRY(device, find_block_device(system, status.st_dev));
    KJUMP_TRY(place.extents, extents_of(device.segments, map.runs, path));
    place.untouched = map.untouched;
  } else {
    KJUMP_TRY(device, find_block_device(system, status.st_rdev));
    KJUMP_TRY(place.extents, extents_of(device.segments, whole(device), path));
  }
  place.disk = device.disk;
  place.disk_sectors = device.disk_sectors;
  place.blocks = blocks_in(place.extents);
  KJUMP_CHECK(check_alignment(place, device, path));
  return place;
}

std::string device_path(const std::string& name) {
  return "/dev/" + name;
}

}  // namespace kjump::hibernate
