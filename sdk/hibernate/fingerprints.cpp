// SPDX-License-Identifier: MIT
#include "hibernate/fingerprints.hpp"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include "hibernate/block_device.hpp"
#include "hibernate/disk_address.hpp"
#include "hibernate/ext4_journal.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::Fingerprint;
using abi::hibernate::kMostFingerprints;
using abi::hibernate::kMostFingerprintSectors;
using abi::hibernate::kSectorsPerBlock;

// "\040" for a blank, and so on (fs/seq_file.c: mangle_path()).
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ptr == text.data() + i + 4) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has_option(const std::string& options, const std::string& option) {
  return ("," + options + ",").find("," + option + ",") != std::string::npos;
}

std::optional<Mount> parse_mount(const std::string& line) {
  std::istringstream words(line);
  std::string id;
  std::string parent;
  std::string device;
  std::string root;
  std::string word;
  Mount mount;
  words >> id >> parent >> device >> root >> mount.point;
  while (words >> word && word != "-") {
  }
  std::string options;
  words >> mount.type >> mount.source >> options;
  if (!words || std::sscanf(device.c_str(), "%u:%u", &mount.device_major, &mount.device_minor) != 2) {
    return std::nullopt;
  }
  mount.point = unescaped(mount.point);
  mount.source = unescaped(mount.source);
  mount.writable = has_option(options, "rw");
  return mount;
}

// File systems of their own numbering (btrfs, bcachefs: major 0) name their device instead; such with several
// devices name one of them, and all change together.
std::optional<dev_t> device_of(const System& system, unsigned device_major, unsigned device_minor,
                               const std::string& source) {
  if (device_major != 0) {
    return makedev(device_major, device_minor);
  }
  if (!source.starts_with("/dev/")) {
    return std::nullopt;  // tmpfs, proc, nfs, ...
  }
  const auto node = system.real_path(source);
  const std::string name = node ? node->substr(node->rfind('/') + 1) : source.substr(source.rfind('/') + 1);
  Mount numbers;
  const std::string text = system.read_line("/sys/class/block/" + name + "/dev");
  if (std::sscanf(text.c_str(), "%u:%u", &numbers.device_major, &numbers.device_minor) != 2) {
    return std::nullopt;
  }
  return makedev(numbers.device_major, numbers.device_minor);
}

/// Collects them, each device once.
class Collector {
 public:
  Collector(const System& system, const std::string& store_disk,
            const std::vector<abi::hibernate::Extent>& store)
      : system_(system), store_disk_(store_disk), store_(store) {}

  void add(dev_t device, const std::string& use, const std::string& type) {
    if (std::find(seen_.begin(), seen_.end(), device) != seen_.end()) {
      return;
    }
    seen_.push_back(device);
    // A loop device's content lies in a file, whose own file system is watched.
    if (system_.exists(fmt::format("/sys/dev/block/{}:{}/loop", major(device), minor(device)))) {
      return;
    }
    const std::string name = name_of(device, use);
    const auto added = try_to_add(device, name);
    const auto journal = added && type.starts_with("ext") ? try_to_add_journal(device, name) : Result<void>();
    if (!added) {
      known_.unwatched.push_back({name, added.error().what});
    } else if (!journal) {
      known_.unwatched.push_back({name + " (journal)", journal.error().what});
    }
  }

  FingerprintKnowledge take() { return std::move(known_); }

 private:
  [[nodiscard]] std::string name_of(dev_t device, const std::string& use) const {
    const auto path = system_.real_path(fmt::format("/sys/dev/block/{}:{}", major(device), minor(device)));
    return fmt::format("{} {}",
                       path ? "/dev/" + path->substr(path->rfind('/') + 1)
                            : fmt::format("{}:{}", major(device), minor(device)),
                       use);
  }

  // The image must not change its own fingerprint.
  [[nodiscard]] std::uint64_t sectors_before_store(const std::string& disk, std::uint64_t sector,
                                                   std::uint64_t most) const {
    if (disk != store_disk_) {
      return most;
    }
    for (const abi::hibernate::Extent& extent : store_) {
      const std::uint64_t end = extent.sector + extent.blocks * kSectorsPerBlock;
      if (extent.sector < sector + most && sector < end) {
        most = extent.sector > sector ? extent.sector - sector : 0;
      }
    }
    return most;
  }

  Result<void> try_to_add(dev_t device, const std::string& name) {
    KJUMP_TRY(const BlockDevice found, find_block_device(system_, device));
    KJUMP_TRY(const DiskWay way, find_disk(system_, found.disk));
    add_way(way);
    const Segment& first = found.segments.front();
    const std::uint64_t sectors =
        sectors_before_store(found.disk, first.disk_sector,
                             std::min<std::uint64_t>(first.sectors, kMostFingerprintSectors)) /
        kSectorsPerBlock * kSectorsPerBlock;
    if (sectors == 0) {
      return fail(ErrorCode::kUnsupported, "the store lies where its superblock would be", found.name);
    }
    return add_sectors(found, way, {0, sectors, first.disk_sector}, name);
  }

  // Its first block, or what of it a superblock can need.
  Result<void> try_to_add_journal(dev_t device, const std::string& name) {
    KJUMP_TRY(const BlockDevice found, find_block_device(system_, device));
    KJUMP_TRY(const DiskWay way, find_disk(system_, found.disk));
    const ReadBytes read = [&](std::uint64_t offset, std::size_t bytes) {
      return system_.read_at("/dev/" + found.name, offset, bytes);
    };
    KJUMP_TRY(const auto journal, find_ext4_journal(read, found.name));
    if (!journal) {
      return {};
    }
    constexpr std::uint64_t kSectorBytes = abi::hibernate::kSectorBytes;
    const std::uint64_t sectors = std::min(abi::hibernate::kBlockBytes, journal->block_bytes) / kSectorBytes;
    KJUMP_TRY(const std::vector<Segment> place,
              slice(found.segments, journal->offset / kSectorBytes, sectors, 0, found.name));
    return add_sectors(found, way, place.front(), name + " journal");
  }

  void add_way(const DiskWay& way) {
    for (const std::string& function : way.pci) {
      if (std::find(known_.pci.begin(), known_.pci.end(), function) == known_.pci.end()) {
        known_.pci.push_back(function);
      }
    }
  }

  Result<void> add_sectors(const BlockDevice& found, const DiskWay& way, const Segment& place,
                           const std::string& name) {
    if (known_.fingerprints.size() >= kMostFingerprints) {
      return fail(ErrorCode::kLimit, fmt::format("there are more than {} of them", kMostFingerprints),
                  found.name);
    }
    Fingerprint print{};
    print.driver = way.address.driver;
    print.bus = way.address.bus;
    print.device = way.address.device;
    print.function = way.address.function;
    print.unit = way.address.unit;
    print.sector = place.disk_sector;
    print.sectors = static_cast<std::uint32_t>(place.sectors);
    name.copy(print.name, sizeof(print.name) - 1);
    known_.fingerprints.push_back(print);
    return {};
  }

  const System& system_;
  const std::string& store_disk_;
  const std::vector<abi::hibernate::Extent>& store_;
  std::vector<dev_t> seen_;
  FingerprintKnowledge known_;
};

// "/dev/sda3   partition   8384508   1024   -2"
void add_swap_areas(const System& system, Collector& collector) {
  std::istringstream lines(system.read_line("/proc/swaps"));
  std::string line;
  std::getline(lines, line);  // headings
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string path;
    std::string type;
    words >> path >> type;
    if (type != "partition" || path.starts_with("/dev/zram")) {  // a file's file system is watched
      continue;
    }
    if (const auto device = device_of(system, 0, 0, unescaped(path))) {
      collector.add(*device, "swap", "swap");
    }
  }
}

}  // namespace

std::vector<Mount> parse_mounts(const std::string& mountinfo) {
  std::vector<Mount> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    if (auto mount = parse_mount(line)) {
      mounts.push_back(*std::move(mount));
    }
  }
  return mounts;
}

Result<FingerprintKnowledge> find_fingerprints(const System& system, const std::string& store_disk,
                                               const std::vector<abi::hibernate::Extent>& store) {
  KJUMP_TRY(const std::string mountinfo, system.read_file("/proc/self/mountinfo"));
  Collector collector(system, store_disk, store);
  for (const Mount& mount : parse_mounts(mountinfo)) {
    const auto device = mount.writable
                            ? device_of(system, mount.device_major, mount.device_minor, mount.source)
                            : std::nullopt;
    if (device) {
      collector.add(*device, "on " + mount.point, mount.type);
    }
  }
  add_swap_areas(system, collector);
  return collector.take();
}

}  // namespace kjump::hibernate
