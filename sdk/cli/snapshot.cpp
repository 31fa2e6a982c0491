// SPDX-License-Identifier: MIT
// kjump snapshot: a series of snapshots of the running system; kjump snapshot list.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "host/open_session.hpp"
#include "kernel/low_area.hpp"
#include "kernel/snapshot.hpp"
#include "kernel/snapshot_agent.hpp"
#include "targets/linux_vm/static_program.hpp"

namespace kjump::cli {
namespace {

using two_kernels::SnapshotEntry;

struct SnapshotArguments {
  two_kernels::SnapshotOptions options;
  std::string place = "auto";
  bool json = false;
};

nlohmann::ordered_json entry_json(const SnapshotEntry& entry) {
  constexpr double kMillisecond = 1000;
  return {{"number", entry.number},
          {"taken_at", entry.taken_at},
          {"release", report::text_to_utf8(two_kernels::text_of_field(entry.release))},
          {"bytes", entry.bytes},
          {"pages", entry.pages},
          {"free_pages", entry.free_pages},
          {"zero_pages", entry.zero_pages},
          {"memory_base", entry.memory_base},
          {"memory_bytes", entry.memory_bytes},
          {"saving_ms", static_cast<double>(entry.microseconds) / kMillisecond}};
}

std::string entry_text(const SnapshotEntry& entry) {
  return fmt::format("snapshot {}: {}, kernel {}, {} ({} of {} pages free, {} zero), saved in {}\n",
                     entry.number, utc_text(entry.taken_at),
                     report::for_terminal(two_kernels::text_of_field(entry.release)), size_text(entry.bytes),
                     entry.free_pages, entry.pages, entry.zero_pages, away_text(entry.microseconds));
}

/// "1.2 MiB more than the one before"
std::string change_text(const SnapshotEntry& entry, const SnapshotEntry& before) {
  const bool more = entry.bytes >= before.bytes;
  return fmt::format("{} {} than snapshot {}\n",
                     size_text(more ? entry.bytes - before.bytes : before.bytes - entry.bytes),
                     more ? "more" : "less", before.number);
}

void take_command(const SnapshotArguments& arguments) {
  const auto taken = [&]() -> Result<two_kernels::SnapshotReport> {
    ProgressLine progress;
    two_kernels::SnapshotOptions options = arguments.options;
    options.progress = progress.callback();
    options.place = place_called(arguments.place);
    std::vector<std::byte> program;
    if (!two_kernels::has_snapshot_kernel(this_machine())) {
      KJUMP_TRY(program, targets::agent_program(targets::Width::k64));
    }
    return two_kernels::take_snapshot(this_machine(), options, program);
  }();
  const two_kernels::SnapshotReport done = value_or_die(taken, arguments.json);
  if (done.restored) {
    std::fputs(arguments.json ? "{\"restored\": true}\n"
                              : "this system goes on from the snapshot that it was taking here\n",
               stdout);
    return;
  }
  if (arguments.json) {
    nlohmann::ordered_json json = entry_json(done.entry);
    json["restored"] = false;
    json["started"] = done.started;
    json["away_ms"] = static_cast<double>(done.away_us) / 1000;
    json["room_bytes"] = done.room_bytes;
    if (done.before) {
      json["change_bytes"] =
          static_cast<std::int64_t>(done.entry.bytes) - static_cast<std::int64_t>(done.before->bytes);
    }
    json["notes"] = done.notes;
    std::fputs((json.dump(2) + "\n").c_str(), stdout);
    return;
  }
  std::string text = entry_text(done.entry);
  if (done.before) {
    text += change_text(done.entry, *done.before);
  }
  text += fmt::format("back after {}{}; {} left for others\n", away_text(done.away_us),
                      done.started ? ", of which a part was the start of the kernel that takes them" : "",
                      size_text(done.room_bytes));
  for (const std::string& note : done.notes) {
    text += "note: " + report::for_terminal(note) + "\n";
  }
  std::fputs(text.c_str(), stdout);
}

void list_command(const std::string& path, bool json) {
  const auto store = value_or_die(two_kernels::SnapshotStore::open(this_machine(), path), json);
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const SnapshotEntry& entry : store.snapshots()) {
      list.push_back(entry_json(entry));
    }
    const nlohmann::ordered_json all = {{"snapshots", std::move(list)},
                                        {"room_bytes", store.room_blocks() * two_kernels::kSnapshotBlock}};
    std::fputs((all.dump(2) + "\n").c_str(), stdout);
    return;
  }
  std::string text;
  const SnapshotEntry* before = nullptr;
  const auto snapshots = store.snapshots();
  for (const SnapshotEntry& entry : snapshots) {
    text += entry_text(entry);
    if (before != nullptr) {
      text += "  " + change_text(entry, *before);
    }
    text += fmt::format(
        "  to restore it: kjump kernel run --memory {}M --at {:#x} ..., there kjump kernel restore\n",
        entry.memory_bytes >> 20U, entry.memory_base);
    before = &entry;
  }
  text += text.empty() ? "no snapshots yet\n" : "";
  text += fmt::format("{} left\n", size_text(store.room_blocks() * two_kernels::kSnapshotBlock));
  std::fputs(text.c_str(), stdout);
}

void add_snapshot_list(CLI::App& group) {
  CLI::App* command = group.add_subcommand("list", "The snapshots on a device or in a file.");
  const auto path = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("--to", *path, "where they are")->required();
  command->add_flag("--json", *json, R"(print {"snapshots": [...], "room_bytes"})");
  command->callback([path, json] { list_command(*path, *json); });
}

}  // namespace

int run_as_snapshot_init() {
  const auto ended = two_kernels::run_snapshot_agent(this_machine());
  std::fprintf(stderr, "kjump: %s\n", report::for_terminal(ended.error().text()).c_str());
  return kExitFailed;
}

void add_snapshot(CLI::App& app) {
  CLI::App* group = app.add_subcommand(
      "snapshot", "Save the memory of this running system by a small second kernel, and go on.");
  const auto arguments = std::make_shared<SnapshotArguments>();
  two_kernels::SnapshotOptions& options = arguments->options;
  constexpr std::uint64_t kDefaultMemory = std::uint64_t{128} << 20;
  options.memory_bytes = kDefaultMemory;
  group->add_option("--to", options.to, "a device that nothing uses, or a file");
  group->add_option("--size", options.how.bytes, "make the file, this large")
      ->transform(CLI::AsSizeValue(false));
  group->add_flag("--anew", options.how.anew, "what lies there is of no use any more, snapshots included");
  group->add_option("--kernel", options.kernel,
                    "bzImage that takes them, with CONFIG_KEXEC_JUMP; default: this kernel's, in /boot");
  group->add_option("--append", options.append, "to its command line");
  group->add_option("--memory", options.memory_bytes, "its memory")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("128M");
  group->add_option("--place", arguments->place, "what that memory is made of")
      ->check(CLI::IsMember({"auto", "hugepages", "reserved", "swapped"}))
      ->capture_default_str();
  group->add_flag("--json", arguments->json,
                  R"(print {"number", "bytes", "saving_ms", "away_ms", ...} as JSON)");
  group->footer(
      "Examples: kjump snapshot --to /dev/vdb; kjump snapshot list --to /dev/vdb; after a power cut:\n"
      "kjump kernel restore /dev/vdb --snapshot 1 (docs/two-kernels.md)");
  group->require_subcommand(0, 1);
  add_snapshot_list(*group);
  group->callback([group, arguments] {
    if (!group->get_subcommands().empty()) {
      return;
    }
    if (arguments->options.to.empty()) {
      throw CLI::RequiredError("--to");
    }
    take_command(*arguments);
  });
}

}  // namespace kjump::cli
