// SPDX-License-Identifier: MIT
// Escape at every point at which it is looked for, stores without room, wrong disks, requests that make no
// sense, and the same image gone on from twice.
#include <fmt/format.h>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

constexpr const char* kWrong = "save, request";
constexpr const char* kTwice = "restore, the same image again";

/// Looks at the keyboard in an undisturbed save, or restore.
std::uint64_t looks(Scene& at, bool saving) {
  constexpr std::uint64_t kMany = 1'000'000;
  at.machine.escape_after = kMany;
  if (saving) {
    save(at.machine);
  } else {
    restore(at.machine);
  }
  return kMany - at.machine.escape_after;
}

std::string escape_save(std::uint64_t look) {
  Scene& at = large_scene();
  at.begin_save();
  at.machine.escape_after = look;
  const std::string said = at.told();
  at.machine.escape_after = 0;
  return "told: " + said + "; " + at.next_boot();
}

std::string escape_restore(std::uint64_t look) {
  Scene& at = large_scene();
  at.switch_off();
  at.machine.escape_after = look;
  return refused_and_mended(at);
}

void add_escapes(std::vector<Injection>& list) {
  large_scene().begin_save();
  const std::uint64_t in_save = looks(large_scene(), true);
  for (std::uint64_t look = 1; look <= in_save; ++look) {
    list.push_back({"save, Escape", fmt::format("when it is looked for the {}. of {} times", look, in_save),
                    std::string("told: stopped with Escape; ") + kOlder,
                    [look] { return escape_save(look); }});
  }
  large_scene().switch_off();
  const std::uint64_t in_restore = looks(large_scene(), false);
  for (std::uint64_t look = 1; look <= in_restore; ++look) {
    list.push_back({"restore, Escape",
                    fmt::format("when it is looked for the {}. of {} times", look, in_restore),
                    "refused: stopped with Escape", [look] { return escape_restore(look); }});
  }
}

struct Wrong {
  const char* what;
  const char* expected;
  void (*make)(Machine&);
};

constexpr Wrong kWrongs[] = {
    {"another version", "the request is not of this version", [](Machine& m) { ++m.save_request.version; }},
    {"too many memory ranges", "the request is not of this version",
     [](Machine& m) { m.save_request.range_count = format::kMostRanges + 1; }},
    {"memory ranges that overlap", "the memory ranges of the request make no sense",
     [](Machine& m) { m.save_request.ranges[1].start = m.save_request.ranges[0].start; }},
    {"another store's name", "the disk does not hold this store: its header is not where it should be",
     [](Machine& m) { ++m.save_request.store.bytes[0]; }},
    {"another place of the store", "the disk does not hold this store: its header is not where it should be",
     [](Machine& m) { m.save_request.header_sector += 8; }},
    {"another disk", "simulated virtio: open: no disk there",
     [](Machine& m) { m.save_request.disk.device = 9; }},
    {"a file system on a disk that is not there", "simulated virtio: open: no disk there (/dev/sim1 on /)",
     [](Machine& m) { m.save_request.fingerprints[0].device = 9; }},
    {"another canary on the disk", "this is not the disk that Linux wrote to: the canary block differs",
     [](Machine& m) { flip(m.block(format::kCanaryBlock)); }},
    {"another canary in the request", "this is not the disk that Linux wrote to: the canary block differs",
     [](Machine& m) { flip(m.save_request.canary + 63); }},
    {"page structures elsewhere",
     "no free page was found: the kernel's page structures are not where they should be",
     [](Machine& m) { m.save_request.facts.vmemmap -= std::uint64_t{1} << 40; }},
    {"page structures of no size", "the facts about the kernel's page structures make no sense",
     [](Machine& m) { m.save_request.facts.page_struct_bytes = 0; }},
};

// Nothing may have been written: the disk may be anybody's.
std::string wrong_request(const Wrong& wrong) {
  Scene& at = scene();
  at.begin_save();
  wrong.make(at.machine);
  const std::string said = at.told();
  if (at.machine.disk.writes != 0) {
    return said + ", BUT SOMETHING WAS WRITTEN";
  }
  at.mend();
  return said + "; " + at.next_boot();
}

std::string full_store() {
  Scene& at = tight_scene();
  at.begin_save();
  const std::string said = at.told();
  return "told: " + said + "; " + at.next_boot();
}

// A second image beside the first, both wanted; the third has to replace the older one, unless it must not.
std::string third_image(bool keep) {
  Scene& at = scene();
  at.begin_save();
  if (save(at.machine).end != End::kPoweredOff) {
    return "NOT SAVED";
  }
  at.machine.chance.seed(99);
  at.machine.forget();
  at.machine.work();
  at.machine.save_request.flags = format::kSaveCompressAll | (keep ? format::kSaveKeepOther : 0);
  at.machine.disk.cut_after_writes = keep ? 0 : 5;
  const auto how = save(at.machine);
  if (keep) {
    return std::string("told: ") + how.reply.error + "; " + at.next_boot();
  }
  at.machine.disk.lose_power(Loss::kNone, at.machine.chance);
  return at.next_boot();
}

std::string restore_twice(std::uint64_t generation) {
  Scene& at = scene();
  at.switch_off();
  const std::string once = at.next_boot();
  at.machine.forget();
  at.machine.restore_request.generation = generation;
  return once + ", then " + at.refusal();
}

// A snapshot is restored only when it is asked for by its number.
std::string restore_snapshot(bool asked_for) {
  Scene& at = scene();
  at.begin_save();
  at.machine.save_request.after = static_cast<std::uint32_t>(format::AfterSave::kContinue);
  const auto how = save(at.machine);
  if (how.end != End::kReturned ||
      how.reply.status != static_cast<std::uint32_t>(format::SaveStatus::kSaved)) {
    return "NOT SAVED";
  }
  at.machine.restore_request.generation = asked_for ? how.reply.generation : 0;
  return at.next_boot();
}

// The machine stays on although it was told to switch off: Linux goes on, so that the image must not.
std::string no_power_off() {
  Scene& at = scene();
  at.begin_save();
  at.machine.save_request.acpi.has_s5 = 0;
  const std::string said = at.told();
  return "told: " + said + "; " + at.next_boot();
}

}  // namespace

std::vector<Injection> user_injections() {
  std::vector<Injection> list;
  add_escapes(list);
  for (const Wrong& each : kWrongs) {
    list.push_back({kWrong, each.what, std::string(each.expected) + "; " + kOlder,
                    [&each] { return wrong_request(each); }});
  }
  list.push_back({"save, room", "the store has none beside the image that it keeps",
                  std::string("told: the store has no room for all of this memory; ") + kOlder, full_store});
  list.push_back({"save, room",
                  "both images are wanted, the newer one and what is saved next count; power cut", kNewer,
                  [] { return third_image(false); }});
  list.push_back({"save, room", "both images are wanted and must be kept",
                  std::string("told: both images of the store are still wanted: go on from one, or discard "
                              "it; ") +
                      kNewer,
                  [] { return third_image(true); }});
  list.push_back(
      {"save, room", "the machine does not switch off",
       std::string("told: the machine does not switch off (ACPI S5); the image is discarded; ") + kOlder,
       no_power_off});
  list.push_back({kTwice, "by the next boot", std::string(kOlder) + ", then " + kNoImage,
                  [] { return restore_twice(0); }});
  list.push_back({kTwice, "asked for by its number", std::string(kOlder) + ", then " + kNoImage,
                  [] { return restore_twice(1); }});
  list.push_back({kTwice, "a snapshot after which Linux went on, by the next boot", kOlder,
                  [] { return restore_snapshot(false); }});
  list.push_back(
      {kTwice, "a snapshot, asked for by its number", kNewer, [] { return restore_snapshot(true); }});
  return list;
}

}  // namespace kjump::simulated
