// SPDX-License-Identifier: MIT
// The power goes: with each write of a save over an older image, with each command of a restore.
#include <fmt/format.h>

#include <kjump/abi/hibernate/slots.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

constexpr const char* kSave = "save, power cut";
constexpr const char* kRestore = "restore, power cut";

const char* words(Loss loss) {
  switch (loss) {
    case Loss::kAll:
      return "nothing that no flush covered arrived";
    case Loss::kNone:
      return "all of it arrived";
    case Loss::kSome:
      return "some sectors arrived";
    case Loss::kAllButFirst:
      return "only its first sector arrived";
    case Loss::kFirst:
      return "all but its first sector arrived";
  }
  return "";
}

std::uint64_t writes_of_a_save() {
  Scene& at = scene();
  at.begin_save();
  return at.told() == "saved" ? at.machine.disk.writes : 0;
}

std::string cut_save(std::uint64_t write, Loss loss) {
  Scene& at = scene();
  at.begin_save();
  at.machine.disk.cut_after_writes = write;
  if (save(at.machine).end != End::kPowerCut) {
    return "NO SUCH WRITE";
  }
  at.machine.disk.lose_power(loss, at.machine.chance);
  return at.next_boot();
}

struct Commands {
  std::uint64_t all = 0;     ///< of a restore; the last two write and flush "done"
  std::uint64_t writes = 0;  ///< among them
};

Commands commands_of_a_restore() {
  Scene& at = scene();
  at.switch_off();
  at.machine.disk.commands = at.machine.disk.writes = 0;
  restore(at.machine);
  return {at.machine.disk.commands, at.machine.disk.writes};
}

std::string cut_restore(std::uint64_t command, Loss loss) {
  Scene& at = scene();
  at.switch_off();
  at.machine.disk.cut_after_commands = command;
  if (restore(at.machine).end != End::kPowerCut) {
    return "NO SUCH COMMAND";
  }
  at.machine.disk.lose_power(loss, at.machine.chance);
  return at.next_boot();
}

void add_save_cuts(std::vector<Injection>& list) {
  const std::uint64_t writes = writes_of_a_save();
  for (std::uint64_t n = 1; n < writes; ++n) {
    for (const Loss loss : {Loss::kAll, Loss::kNone, Loss::kSome}) {
      list.push_back({kSave, fmt::format("with write {} of {}; {}", n, writes, words(loss)), kOlder,
                      [n, loss] { return cut_save(n, loss); }});
    }
  }
  // The commit record: one sector decides.
  for (const auto& [loss, expected] : {std::pair{Loss::kAll, kOlder},
                                       {Loss::kFirst, kOlder},
                                       {Loss::kNone, kNewer},
                                       {Loss::kAllButFirst, kNewer}}) {
    list.push_back({kSave, fmt::format("with the last write, the commit record; {}", words(loss)), expected,
                    [writes, loss = loss] { return cut_save(writes, loss); }});
  }
}

// "Done" must be on the medium before the saved kernel runs: a cut behind it is one of a machine that goes
// on.
void add_restore_cuts(std::vector<Injection>& list) {
  const std::uint64_t all = commands_of_a_restore().all;
  for (std::uint64_t n = 1; n <= all - 2; ++n) {
    for (const Loss loss : {Loss::kAll, Loss::kNone}) {
      list.push_back({kRestore, fmt::format("with command {} of {}; {}", n, all, words(loss)), kOlder,
                      [n, loss] { return cut_restore(n, loss); }});
    }
  }
  for (const auto& [loss, expected] : {std::pair{Loss::kAll, kOlder},
                                       {Loss::kFirst, kOlder},
                                       {Loss::kNone, kNoImage},
                                       {Loss::kAllButFirst, kNoImage}}) {
    list.push_back({kRestore, fmt::format("with the last write, \"done\"; {}", words(loss)), expected,
                    [all, loss = loss] { return cut_restore(all - 1, loss); }});
  }
  list.push_back(
      {kRestore, "with the flush behind it", kNoImage, [all] { return cut_restore(all, Loss::kAll); }});
}

// What hangs or resets the machine every time is not tried for ever.
std::string cut_three_restores() {
  Scene& at = scene();
  at.switch_off();
  for (std::uint32_t i = 0; i < format::kMostAttempts; ++i) {
    at.machine.forget();
    at.machine.disk.cut_after_writes = 2;
    if (restore(at.machine).end != End::kPowerCut) {
      return "NO SUCH WRITE";
    }
    at.machine.disk.lose_power(Loss::kNone, at.machine.chance);
  }
  return at.next_boot();
}

}  // namespace

std::vector<Injection> power_injections() {
  std::vector<Injection> list;
  add_save_cuts(list);
  add_restore_cuts(list);
  list.push_back({kRestore, "three times while \"started\" is written",
                  "refused: this image was tried three times and never came up", cut_three_restores});
  return list;
}

}  // namespace kjump::simulated
