// SPDX-License-Identifier: MIT
#include "hibernate/block_device.hpp"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <charconv>

#include "hibernate/dm_table.hpp"

namespace kjump::hibernate {
namespace {

// Mappings of mappings; LVM makes one level, rarely two.
constexpr unsigned kDeepest = 4;

constexpr const char* kUsePartition = "use a plain partition of a disk, or a file on one";

Failure refuse(const std::string& name, const std::string& why) {
  return fail(ErrorCode::kUnsupported, "the store cannot lie there: " + why, name, kUsePartition);
}

std::string sysfs(dev_t device) {
  return fmt::format("/sys/dev/block/{}:{}", major(device), minor(device));
}

Result<std::uint64_t> number_in(const System& system, const std::string& path) {
  const std::string text = system.read_line(path);
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return fail(ErrorCode::kMalformed, "no number in this file", path, "is sysfs mounted on /sys?");
  }
  return value;
}

/// DEVNAME of a device's uevent file: "sda2", "cciss!c0d0" as "cciss/c0d0".
std::string device_name(const System& system, const std::string& directory) {
  const std::string text = "\n" + system.read_line(directory + "/uevent") + "\n";
  const std::string key = "\nDEVNAME=";
  const auto begin = text.find(key);
  return begin == std::string::npos
             ? std::string{}
             : text.substr(begin + key.size(), text.find('\n', begin + key.size()) - begin - key.size());
}

/// Why nothing that drives hardware finds this disk's sectors where they seem to be; empty: it does.
std::string disk_fault(const System& system, const std::string& directory, const std::string& name) {
  for (const auto& [entry, what] : {std::pair{"md", "it is a RAID of Linux (md)"},
                                    std::pair{"loop", "it is a loop device, a file of another file system"},
                                    std::pair{"bcache", "it is a bcache"}}) {
    if (system.exists(directory + "/" + entry)) {
      return what;
    }
  }
  if (!system.exists(directory + "/device")) {
    return "no hardware stands behind it";
  }
  const std::string zoned = system.read_line(directory + "/queue/zoned", "none");
  if (zoned != "none") {
    return fmt::format("it is a zoned disk ({})", zoned);
  }
  return name.empty() ? "the kernel does not name it" : "";
}

Result<BlockDevice> find(const System& system, dev_t device, unsigned depth);

/// A device-mapper device whose targets are all linear.
Result<BlockDevice> find_mapped(const System& system, dev_t device, unsigned depth) {
  BlockDevice found;
  found.name = device_name(system, sysfs(device));
  if (depth >= kDeepest) {
    return refuse(found.name, "too many mappings one on another");
  }
  KJUMP_TRY(const std::vector<DmTarget> targets, read_dm_table(system, device));
  for (const DmTarget& target : targets) {
    if (target.type != "linear") {
      return refuse(found.name, fmt::format("it is a mapping of type '{}'", target.type));
    }
    KJUMP_TRY(const DmLinear linear, parse_dm_linear(target.parameters));
    KJUMP_TRY(const BlockDevice below, find(system, linear.device, depth + 1));
    if (!found.disk.empty() && below.disk != found.disk) {
      return refuse(found.name, fmt::format("it spans two disks, {} and {}", found.disk, below.disk));
    }
    found.disk = below.disk;
    found.disk_sectors = below.disk_sectors;
    found.logical_block_bytes = below.logical_block_bytes;
    KJUMP_TRY(const std::vector<Segment> part,
              slice(below.segments, linear.offset, target.sectors, target.first, found.name));
    found.segments.insert(found.segments.end(), part.begin(), part.end());
    found.sectors = target.first + target.sectors;
  }
  if (found.segments.empty()) {
    return refuse(found.name, "the mapping is empty");
  }
  return found;
}

Result<BlockDevice> find(const System& system, dev_t device, unsigned depth) {
  const std::string directory = sysfs(device);
  if (!system.exists(directory)) {
    return refuse(fmt::format("{}:{}", major(device), minor(device)),
                  "the kernel knows no such block device");
  }
  if (system.exists(directory + "/dm")) {
    return find_mapped(system, device, depth);
  }
  const bool partition = system.exists(directory + "/partition");
  const std::string whole = partition ? directory + "/.." : directory;
  BlockDevice found;
  found.name = device_name(system, directory);
  found.disk = device_name(system, whole);
  if (const std::string fault = disk_fault(system, whole, found.disk); !fault.empty()) {
    return refuse(found.name, fault);
  }
  KJUMP_TRY(found.sectors, number_in(system, directory + "/size"));
  KJUMP_TRY(found.disk_sectors, number_in(system, whole + "/size"));
  KJUMP_TRY(const std::uint64_t block, number_in(system, whole + "/queue/logical_block_size"));
  std::uint64_t start = 0;
  if (partition) {
    KJUMP_TRY(start, number_in(system, directory + "/start"));
  }
  const bool fits = start <= found.disk_sectors && found.sectors <= found.disk_sectors - start;
  const bool aligned = block >= abi::hibernate::kSectorBytes && block <= abi::hibernate::kBlockBytes &&
                       start * abi::hibernate::kSectorBytes % block == 0;
  if (!fits || !aligned) {
    return refuse(found.name,
                  fmt::format("its {} sectors from {} do not fit its disk", found.sectors, start));
  }
  found.logical_block_bytes = static_cast<std::uint32_t>(block);
  found.segments = {{0, found.sectors, start}};
  return found;
}

}  // namespace

Result<BlockDevice> find_block_device(const System& system, dev_t device) {
  return find(system, device, 0);
}

}  // namespace kjump::hibernate
