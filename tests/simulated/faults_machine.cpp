// SPDX-License-Identifier: MIT
// The machine is another one, or its disks have changed since the image was saved.
#include <fmt/format.h>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

constexpr const char* kMachine = "restore, another machine";
constexpr const char* kDisks = "restore, disks";
constexpr const char* kWritten =
    "refused: /dev/sim1 on / has been mounted or written since the image was saved";
constexpr const char* kMoved = "refused: simulated virtio: open: no disk there (/dev/sim1 on /)";

struct Change {
  const char* where;
  const char* what;
  const char* expected;
  void (*make)(Machine&);
};

constexpr Change kChanges[] = {
    {kMachine, "more memory: the firmware's last range ends later",
     "refused: the firmware's memory map differs",
     [](Machine& m) { m.restore_request.map[0].end += 256 << 20; }},
    {kMachine, "less memory", "refused: the firmware's memory map differs",
     [](Machine& m) { m.restore_request.map[0].end -= 1 << 20; }},
    {kMachine, "memory that begins elsewhere", "refused: the firmware's memory map differs",
     [](Machine& m) { m.restore_request.map[0].start += 4096; }},
    {kMachine, "a range that is reserved now", "refused: the firmware's memory map differs",
     [](Machine& m) { m.restore_request.map[0].type = 2; }},
    {kMachine, "one range more", "refused: the firmware's memory map has 2 entries, it had 1",
     [](Machine& m) { m.restore_request.map_count = 2; }},
    {kMachine, "no range at all", "refused: the firmware's memory map has 0 entries, it had 1",
     [](Machine& m) { m.restore_request.map_count = 0; }},
    {kMachine, "more ranges than there is room for", "refused: the request is not of this version",
     [](Machine& m) { m.restore_request.map_count = format::kMostRanges + 1; }},
    {kMachine, "a firmware that gives no memory map", "refused: the firmware gives no memory map",
     [](Machine& m) { m.restore_request.flags &= ~format::kRestoreHasMap; }},
    {kMachine, "a restore of another version", "refused: the request is not of this version",
     [](Machine& m) { ++m.restore_request.version; }},
    {kDisks, "the disk is in another slot", kMoved, [](Machine& m) { m.disk_device = 7; }},
    {kDisks, "the disk is in another slot, a blank one where it was", kWritten,
     [](Machine& m) { m.disk_device = 7, m.blank_disk_at_old_place = true; }},
    {kDisks, "the disk is behind an NVMe controller", kMoved,
     [](Machine& m) { m.disk_driver = format::DiskDriver::kNvme; }},
    {kDisks, "the disk is behind an AHCI controller, a blank one where it was", kWritten,
     [](Machine& m) { m.disk_driver = format::DiskDriver::kAhci, m.blank_disk_at_old_place = true; }},
    {kDisks, "the disk is not there", kNoDisk, [](Machine& m) { m.disk_driver = format::DiskDriver::kNone; }},
    {kDisks, "another store is asked for", kNoDisk, [](Machine& m) { m.restore_request.store.bytes[3] = 1; }},
    {kDisks, "the store is looked for in another place", kNoDisk,
     [](Machine& m) { m.restore_request.header_sector += 8; }},
    {kDisks, "an image that was never saved is asked for", kNoImage,
     [](Machine& m) { m.restore_request.generation = 77; }},
};

std::string change(const Change& what) {
  Scene& at = scene();
  at.switch_off();
  what.make(at.machine);
  return refused_and_mended(at);
}

// The fingerprint covers sectors 64 to 79, each of which a file system may write when it is mounted.
std::string write_file_system(std::uint64_t sector) {
  Scene& at = scene();
  at.switch_off();
  flip(at.machine.disk.bytes().data() + sector * 512 + 56 + sector);
  at.machine.disk.make_safe();
  return refused_and_mended(at);
}

/// A second file system on the same disk, watched too.
std::string write_second_file_system() {
  Scene& at = scene();
  at.begin_save();
  at.machine.save_request.fingerprint_count = 2;
  at.machine.save_request.fingerprints[1] = at.machine.save_request.fingerprints[0];
  at.machine.save_request.fingerprints[1].sector = 128;
  std::strcpy(at.machine.save_request.fingerprints[1].name, "/dev/sim2 on /home");
  if (save(at.machine).end != End::kPoweredOff) {
    return "NOT SAVED";
  }
  flip(at.machine.disk.bytes().data() + 130 * 512);
  const std::string seen = at.refusal();
  flip(at.machine.disk.bytes().data() + 130 * 512);
  return seen + "; then " + at.next_boot();
}

}  // namespace

std::vector<Injection> machine_injections() {
  std::vector<Injection> list;
  for (const Change& each : kChanges) {
    list.push_back({each.where, each.what, each.expected, [&each] { return change(each); }});
  }
  for (std::uint64_t sector = 64; sector < 80; ++sector) {
    list.push_back({"restore, file system written",
                    fmt::format("sector {} of 16 that are watched", sector - 63), kWritten,
                    [sector] { return write_file_system(sector); }});
  }
  list.push_back({"restore, file system written", "sector 17, which is not", kRestored,
                  [] { return write_file_system(80); }});
  list.push_back({"restore, file system written", "a second one on the same disk",
                  std::string("refused: /dev/sim2 on /home has been mounted or written since the image was "
                              "saved; then ") +
                      kNewer,
                  write_second_file_system});
  return list;
}

}  // namespace kjump::simulated
