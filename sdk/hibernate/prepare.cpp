// SPDX-License-Identifier: MIT
#include "hibernate/prepare.hpp"

#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "hibernate/device_users.hpp"
#include "hibernate/disk.hpp"
#include "hibernate/extents.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/records.hpp"
#include "hibernate/signature.hpp"
#include "hibernate/store_file.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

/// The blocks of a place that is not a store yet.
class RawPlace {
 public:
  RawPlace(Disk& disk, const Place& place) : disk_(disk), place_(place) {}

  [[nodiscard]] Result<std::vector<std::byte>> read(std::uint64_t first, std::uint64_t blocks) const {
    std::vector<std::byte> bytes(static_cast<std::size_t>(blocks * kBlockBytes));
    KJUMP_CHECK(for_each_run(place_.extents, first, blocks,
                             [&](std::uint64_t sector, std::size_t offset, std::size_t length) {
                               return disk_.read(sector, std::span(bytes).subspan(offset, length));
                             }));
    return bytes;
  }
  /// Written, flushed and read back.
  [[nodiscard]] Result<void> write(std::uint64_t first, std::span<const std::byte> bytes) {
    const std::uint64_t blocks = bytes.size() / kBlockBytes;
    KJUMP_CHECK(for_each_run(place_.extents, first, blocks,
                             [&](std::uint64_t sector, std::size_t offset, std::size_t length) {
                               return disk_.write(sector, bytes.subspan(offset, length));
                             }));
    KJUMP_CHECK(disk_.flush());
    KJUMP_TRY(const std::vector<std::byte> back, read(first, blocks));
    if (!std::equal(back.begin(), back.end(), bytes.begin())) {
      return fail(ErrorCode::kSystem, "what was written reads back differently", place_.disk,
                  "the disk is not to be trusted");
    }
    return {};
  }

 private:
  Disk& disk_;
  const Place& place_;
};

/// What lies there; `uuid` when it is a store.
struct Found {
  std::string what;
  std::optional<Uuid> uuid;
  bool image = false;  ///< that somebody may still want
};

Result<Found> find_store(const StoreHeader& header, const RawPlace& raw) {
  Found found{"a kjump store", header.uuid, false};
  KJUMP_TRY(const std::vector<std::byte> records, raw.read(kCommitBlock, 2 * std::uint64_t{kSlots}));
  static_assert(kStateBlock == kCommitBlock + kSlots);
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const auto commit = std::span(records).subspan(slot * kBlockBytes, kBlockBytes);
    const auto state = std::span(records).subspan((kSlots + slot) * kBlockBytes, kBlockBytes);
    const std::optional<Slot> image = parse_slot(header, commit, state);
    if (image && must_be_kept(*image)) {
      found.image = true;
      found.what = fmt::format("a kjump store with an image that nobody went on from (generation {})",
                               image->commit.generation);
    }
  }
  return found;
}

Result<Found> look(const Place& place, const RawPlace& raw, const std::string& path) {
  const std::uint64_t most = std::min<std::uint64_t>(place.blocks, kSignatureBytes / kBlockBytes);
  KJUMP_TRY(const std::vector<std::byte> head, raw.read(0, most));
  if (const auto header = parse_store_header(std::span(head).first(kBlockBytes), path); header) {
    return find_store(*header, raw);
  }
  KJUMP_TRY(const std::vector<std::byte> tail, raw.read(place.blocks - most, most));
  Found found{recognise(head, tail), std::nullopt, false};
  if (place.file && place.untouched) {
    found.what.clear();  // what the disk held before the file got the room
  } else if (place.file && found.what.empty()) {
    found.what = "data that was written to the file";
  }
  return found;
}

Result<void> check_found(const Found& found, const PrepareOptions& options, const std::string& path) {
  if (options.force || found.what.empty() || (found.uuid && !found.image)) {
    return {};
  }
  return fail(ErrorCode::kBusy, "there is " + found.what, path,
              found.image ? "restore or discard it first; --force destroys it" : "--force destroys it");
}

Uuid new_uuid() {
  Uuid uuid{};
  // 16 bytes never come in parts, and the generator of a system that runs is seeded (getrandom(2)).
  static_cast<void>(::getrandom(uuid.bytes, sizeof uuid.bytes, 0));
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);  // RFC 4122, version 4
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
  return uuid;
}

std::vector<std::byte> extent_blocks(std::span<const Extent> extents) {
  std::vector<std::byte> blocks(std::size_t{kExtentBlocks} * kBlockBytes);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const std::size_t at = i / kExtentsPerBlock * kBlockBytes + i % kExtentsPerBlock * sizeof(Extent);
    std::memcpy(blocks.data() + at, &extents[i], sizeof(Extent));
  }
  return blocks;
}

StoreHeader header_for(const Place& place, const Uuid& uuid) {
  StoreHeader header{};
  header.magic = kStoreMagic;
  header.version = kFormatVersion;
  header.header_bytes = sizeof header;
  header.uuid = uuid;
  header.blocks = place.blocks;
  header.disk_sectors = place.disk_sectors;
  header.header_sector = place.extents.front().sector;
  header.extents = static_cast<std::uint32_t>(place.extents.size());
  header.extents_hash = hash_bytes(std::as_bytes(std::span(place.extents)));
  seal(header);
  return header;
}

/// Records first, header last: what is interrupted is no store, or one without an image.
Result<void> write_records(RawPlace& raw, const StoreHeader& header, const Place& place) {
  const std::vector<std::byte> nothing(std::size_t{kBootBlock - kCanaryBlock} * kBlockBytes);
  KJUMP_CHECK(raw.write(kCanaryBlock, nothing));
  KJUMP_CHECK(raw.write(1, extent_blocks(place.extents)));
  std::vector<std::byte> block(kBlockBytes);
  std::memcpy(block.data(), &header, sizeof header);
  return raw.write(0, block);
}

Result<void> check_place(const Place& place, const std::string& path) {
  if (place.blocks < kSmallestStoreBlocks) {
    return fail(ErrorCode::kLimit,
                fmt::format("{} bytes are too few for a store", place.blocks * kBlockBytes), path,
                fmt::format("at least {} bytes", std::uint64_t{kSmallestStoreBlocks} * kBlockBytes));
  }
  if (const std::string fault = extents_fault(place.extents, place.blocks, place.disk_sectors);
      !fault.empty()) {
    return fail(ErrorCode::kUnsupported, "the store cannot lie there: " + fault, path,
                "remove it, free some space, and prepare it again");
  }
  return {};
}

/// What is in the device's own cache would be written over the store later, or hide it.
Result<void> drop_cache(const UniqueFd& device, const std::string& path) {
  if (device && ::ioctl(device.get(), BLKFLSBUF) != 0) {
    return fail_errno("cannot drop the device's cache", path);
  }
  return {};
}

Result<Prepared> make_store(const System& system, const std::string& path, const PrepareOptions& options,
                            const UniqueFd& claim) {
  Prepared prepared;
  KJUMP_TRY(prepared.place, locate(system, path));
  KJUMP_CHECK(check_place(prepared.place, path));
  KJUMP_CHECK(drop_cache(claim, path));
  KJUMP_TRY(const auto disk, open_disk(device_path(prepared.place.disk), Access::kWrite));
  RawPlace raw(*disk, prepared.place);
  KJUMP_TRY(const Found found, look(prepared.place, raw, path));
  KJUMP_CHECK(check_found(found, options, path));
  if (prepared.place.file) {
    KJUMP_CHECK(pin_file(system, path));
  }
  if (!found.uuid || found.image) {
    prepared.found = found.what;
  }
  prepared.header = header_for(prepared.place, found.uuid ? *found.uuid : new_uuid());
  KJUMP_CHECK(write_records(raw, prepared.header, prepared.place));
  KJUMP_CHECK(drop_cache(claim, path));
  return prepared;
}

/// What the disk held before the file got the room, perhaps an older store, is nobody's any more.
Result<Prepared> prepare_new_file(const System& system, const std::string& path, std::uint64_t bytes) {
  KJUMP_CHECK(create_store_file(system, path, bytes));
  auto prepared = make_store(system, path, {.bytes = std::nullopt, .force = true}, {});
  if (prepared) {
    prepared->created = true;
    prepared->found.clear();
  } else {
    ::unlink(path.c_str());
  }
  return prepared;
}

Result<void> check_size(const std::string& path, const struct stat& status, const PrepareOptions& options) {
  if (options.bytes && *options.bytes != static_cast<std::uint64_t>(status.st_size)) {
    return fail(ErrorCode::kInvalid, "--size is for a file that does not exist yet", path,
                "remove it first (chattr -i, rm)");
  }
  return {};
}

}  // namespace

std::uint64_t fitting_bytes(const System& system) {
  const std::uint64_t memory = system.total_memory_bytes();
  const std::uint64_t blocks = (memory + memory / 20) / kBlockBytes + 1 + kDataBlock;
  return std::max<std::uint64_t>(blocks, kSmallestStoreBlocks) * kBlockBytes;
}

Result<Prepared> prepare(const System& system, const std::string& path, const PrepareOptions& options) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT || path.starts_with("/dev/")) {
      return fail_errno("cannot find it", path);
    }
    const std::uint64_t bytes = options.bytes.value_or(fitting_bytes(system)) / kBlockBytes * kBlockBytes;
    return prepare_new_file(system, path, bytes);
  }
  if (S_ISBLK(status.st_mode)) {
    KJUMP_TRY(const UniqueFd claim, claim_device(system, path, status.st_rdev));
    return make_store(system, path, options, claim);
  }
  if (is_swap_file(system, path)) {
    return fail(ErrorCode::kBusy, "the file is swap in use", path, "use another one, or swapoff it");
  }
  KJUMP_CHECK(check_size(path, status, options));
  return make_store(system, path, options, {});
}

}  // namespace kjump::hibernate
