// SPDX-License-Identifier: MIT
// The disk fails: each command of a save and of a restore ends with an error once, is never answered, or is
// the first of those that a dead disk does not answer any more.
#include <fmt/format.h>

#include <kjump/abi/hibernate/restore.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

struct Trouble {
  const char* what;
  disk::Code code;
  bool stays_dead;
  const char* said;
};

// Commands of an undisturbed run. A save begins with the file system's fingerprint; a restore with two that
// look for the store, three for the slots' records, two that note the attempt, one for the header.
constexpr std::uint64_t kSaveFingerprint = 1;
constexpr std::uint64_t kRestoreFind = 2;
constexpr std::uint64_t kRestoreFingerprint = 9;
constexpr const char* kFileSystem = " (/dev/sim1 on /)";

constexpr Trouble kTroubles[] = {
    {"fails", disk::Code::kDevice, false, "simulated virtio: SIMULATED: device error"},
    {"is not answered in time", disk::Code::kTimeout, false, "simulated virtio: SIMULATED: no answer"},
    {"and all later ones are not answered", disk::Code::kTimeout, true,
     "simulated virtio: SIMULATED: no answer"},
};

void break_disk(Machine& machine, const Trouble& trouble, std::uint64_t command) {
  machine.disk.failure = trouble.code;
  machine.disk.stays_dead = trouble.stays_dead;
  machine.disk.fail_after_commands = command;
}

/// The disk works again; what it had taken is on the medium.
void heal_disk(Machine& machine) {
  machine.disk.make_safe();
  machine.disk.stays_dead = false;
}

// The save ends and says why, Linux goes on; at the next boot the older image is still there.
std::string fail_save(const Trouble& trouble, std::uint64_t command) {
  Scene& at = scene();
  at.begin_save();
  break_disk(at.machine, trouble, command);
  const std::string said = at.told();
  heal_disk(at.machine);
  return "told: " + said + "; " + at.next_boot();
}

std::string fail_restore(const Trouble& trouble, std::uint64_t command) {
  Scene& at = scene();
  at.switch_off();
  break_disk(at.machine, trouble, command);
  const std::string said = at.refusal();
  heal_disk(at.machine);
  return said + "; then " + at.next_boot();
}

std::uint64_t commands_of_a_save() {
  Scene& at = scene();
  at.begin_save();
  return at.told() == "saved" ? at.machine.disk.commands : 0;
}

// The last two write and flush the commit record: the failed save takes it back, if the disk still answers.
void add_save_failures(std::vector<Injection>& list) {
  const std::uint64_t all = commands_of_a_save();
  for (const Trouble& trouble : kTroubles) {
    for (std::uint64_t n = 1; n <= all; ++n) {
      const bool committed = n == all && trouble.stays_dead;
      std::string expected = std::string("told: ") + trouble.said;
      expected += n == kSaveFingerprint ? kFileSystem : "";
      if (n >= all - 1 && trouble.stays_dead) {
        expected += "; whether the new image counts is not known: discard it";
      }
      list.push_back({"save, device", fmt::format("command {} of {} {}", n, all, trouble.what),
                      expected + "; " + (committed ? kNewer : kOlder),
                      [&trouble, n] { return fail_save(trouble, n); }});
    }
  }
}

struct Commands {
  std::uint64_t load = 0;  ///< the first one that writes "started"
  std::uint64_t all = 0;
};

// Two writes of two commands each, "started" and "done", around one reading of the content.
Commands commands_of_a_restore() {
  Scene& at = scene();
  at.switch_off();
  at.machine.restore_request.flags |= format::kRestoreVerifyOnly;
  at.machine.disk.commands = 0;
  restore(at.machine);
  const std::uint64_t verify = at.machine.disk.commands - 2;  // without taking the attempt back
  at.switch_off();
  at.machine.disk.commands = 0;
  restore(at.machine);
  return {verify + 1, at.machine.disk.commands};
}

std::string restore_ends(const Commands& commands, const Trouble& trouble, std::uint64_t n) {
  if (n <= kRestoreFind) {
    return fmt::format("{} ({})", kNoDisk, trouble.said);
  }
  const char* const whose = n == kRestoreFingerprint ? kFileSystem : "";
  return n <= commands.load + 1 ? std::string("refused: ") + trouble.said + whose
                                : "the machine starts again";
}

void add_restore_failures(std::vector<Injection>& list) {
  const Commands commands = commands_of_a_restore();
  for (const Trouble& trouble : kTroubles) {
    for (std::uint64_t n = 1; n <= commands.all; ++n) {
      const bool done = n == commands.all && trouble.stays_dead;
      const char* const then = done ? kNoImage : kOlder;
      list.push_back({"restore, device", fmt::format("command {} of {} {}", n, commands.all, trouble.what),
                      restore_ends(commands, trouble, n) + "; then " + then,
                      [&trouble, n] { return fail_restore(trouble, n); }});
    }
  }
}

}  // namespace

std::vector<Injection> device_injections() {
  std::vector<Injection> list;
  add_save_failures(list);
  add_restore_failures(list);
  return list;
}

}  // namespace kjump::simulated
