// SPDX-License-Identifier: MIT
// kjump kernel restore: a first kernel goes on from a dump of its memory.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "host/open_session.hpp"
#include "kernel/dump.hpp"
#include "kernel/low_area.hpp"
#include "kernel/restore.hpp"
#include "kernel/second_kernel.hpp"
#include "kernel/snapshot_store.hpp"

namespace kjump::cli {
namespace {

struct KernelRestoreArguments {
  std::string dump;
  std::uint64_t snapshot = 0;
  bool then_enter = false;
  bool json = false;
};

/// One of a series of snapshots, or a file with a dump. A series is looked for on the disk itself: what a
/// file system says of a file that was written behind its back counts for nothing.
Result<std::unique_ptr<two_kernels::Dump>> open_to_restore(const KernelRestoreArguments& arguments) {
  auto store = two_kernels::SnapshotStore::open(this_machine(), arguments.dump);
  if (!store && arguments.snapshot == 0 && store.error().code != ErrorCode::kMalformed) {
    return two_kernels::open_dump(arguments.dump);
  }
  KJUMP_TRY(two_kernels::SnapshotStore series, std::move(store));
  KJUMP_TRY(auto source, two_kernels::SnapshotStore::dump(std::move(series), arguments.snapshot));
  return two_kernels::open_dump(std::move(source));
}

nlohmann::ordered_json restore_json(const two_kernels::RestoreReport& report) {
  constexpr double kMillisecond = 1000;
  const two_kernels::DumpFacts& dump = report.dump;
  nlohmann::ordered_json json = {
      {"release", report::text_to_utf8(two_kernels::text_of_field(report.page.kernels[0].release))},
      {"format", two_kernels::dump_format_name(dump.format)},
      {"memory_bytes", report.bytes},
      {"pages", dump.pages},
      {"left_out_pages", dump.pages - dump.pages_there},
      {"checking_ms", static_cast<double>(report.microseconds_checking) / kMillisecond},
      {"writing_ms", static_cast<double>(report.microseconds_writing) / kMillisecond}};
  if (dump.level) {
    json["level"] = *dump.level;
  }
  return json;
}

std::string restore_text(const two_kernels::RestoreReport& report) {
  const two_kernels::DumpFacts& dump = report.dump;
  return fmt::format(
      "kernel {} is in memory again: {} from a dump in format {}, {} of {} pages left out\n"
      "checked in {}, written in {}\n",
      report::for_terminal(two_kernels::text_of_field(report.page.kernels[0].release)),
      size_text(report.bytes), two_kernels::dump_format_name(dump.format), dump.pages - dump.pages_there,
      dump.pages, away_text(report.microseconds_checking), away_text(report.microseconds_writing));
}

void restore_command(const KernelRestoreArguments& arguments) {
  const auto restored = [&]() -> Result<two_kernels::RestoreReport> {
    ProgressLine progress;
    KJUMP_TRY(auto dump, open_to_restore(arguments));
    return two_kernels::restore_kernel(this_machine(), std::move(dump), progress.callback());
  }();
  const two_kernels::RestoreReport report = value_or_die(restored, arguments.json);
  nlohmann::ordered_json json = restore_json(report);
  if (!arguments.json) {
    std::fputs(
        (restore_text(report) + (arguments.then_enter ? "going there\n" : "kjump kernel back goes there\n"))
            .c_str(),
        stdout);
    std::fflush(stdout);
  }
  if (arguments.then_enter) {
    const auto crossing = value_or_die(two_kernels::go_back(this_machine()), arguments.json);
    json.update(crossing_json(crossing));
    if (!arguments.json) {
      std::fputs(crossing_text(crossing).c_str(), stdout);
    }
  }
  if (arguments.json) {
    std::fputs((json.dump(2) + "\n").c_str(), stdout);
  }
}

}  // namespace

void add_kernel_restore(CLI::App& group) {
  CLI::App* command = group.add_subcommand(
      "restore", "In a second kernel of a fresh boot: put a saved first kernel back into memory.");
  const auto arguments = std::make_shared<KernelRestoreArguments>();
  command
      ->add_option("dump", arguments->dump,
                   "file or block device: a copy of /proc/vmcore, or of makedumpfile with -d 17 or less")
      ->required();
  command->add_option("--snapshot", arguments->snapshot,
                      "the number of one of the snapshots there; without it the last one");
  command->add_flag("--then-enter", arguments->then_enter, "go there at once, as kjump kernel back does");
  command->add_flag("--json", arguments->json,
                    R"(print {"release", "format", "memory_bytes", "writing_ms", ...} as JSON)");
  command->footer("Example: kjump kernel restore /dev/vdb --then-enter");
  command->callback([arguments] { restore_command(*arguments); });
}

}  // namespace kjump::cli
