// SPDX-License-Identifier: MIT
// kjump bios: firmware calls. Every command is one jump.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "cli/bios_commands.hpp"
#include "cli/call_options.hpp"
#include "cli/progress_line.hpp"
#include "report/json.hpp"
#include "report/terminal.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::cli {

namespace {

constexpr double kLongestBatch = 3600;  // seconds

void print_note(const std::string& note) {
  std::fprintf(stderr, "kjump: note: %s\n", report::for_terminal(note).c_str());
}

/// Those in `told` the user has read before the jump.
void print_remarks(const RunReport& report, const std::vector<std::string>& told) {
  for (const std::string& note : report.notes) {
    if (std::find(told.begin(), told.end(), note) == told.end()) {
      print_note(note);
    }
  }
  for (const std::string& breach : report.breaches) {
    std::fprintf(stderr, "kjump: warning: return contract broken: %s\n",
                 report::for_terminal(breach).c_str());
  }
}

Result<bios::BatchReply> try_batch(const BiosOptions& options, const bios::Batch& batch,
                                   std::vector<std::string>& told) {
  ProgressLine progress;
  KJUMP_TRY(const std::unique_ptr<Target> target, options.target.make(progress.callback()));
  bios::BatchOptions how;
  how.deadline_ms = static_cast<std::uint32_t>(std::lround(options.deadline * 1000));
  // Who gives the jump a deadline of his own means the calls in it.
  how.call_deadline_ms =
      options.call_deadline_ms.value_or(options.deadline != 0 ? 0 : bios::kDefaultCallDeadlineMs);
  KJUMP_TRY(how.contract_classes, report::parse_classes(options.classes));
  how.allow_unsafe = options.target.allow_unsafe();
  how.warn = [&told](const std::string& note) {
    print_note(note);
    told.push_back(note);
  };
  return batch.run(*target, how);
}

}  // namespace

void BiosOptions::add_to(CLI::App& command) {
  target.add_to(command);
  command.add_option("--deadline", deadline, "seconds until the calls count as hung (default 30)")
      ->check(CLI::Range(0.001, kLongestBatch));
  add_call_deadline(command, call_deadline_ms, "10000, or 0 with --deadline");
  command.add_flag("--json", json, "print the result as JSON");
}

bios::BatchReply run_batch(const BiosOptions& options, const bios::Batch& batch) {
  std::vector<std::string> told;
  Result<bios::BatchReply> reply = try_batch(options, batch, told);
  if (!reply) {
    fail_command(options, reply.error());
  }
  print_remarks(reply->report, told);
  return *std::move(reply);
}

void fail_command(const BiosOptions& options, const Error& error) {
  if (options.json) {
    print_text(report::to_json(error) + "\n");
  }
  std::fflush(stdout);
  die(error);
}

void fail_usage(const Error& error) {
  std::fprintf(stderr, "kjump: %s\n", report::for_terminal(error.text()).c_str());
  throw Exit{kExitUsage};
}

void print_text(const std::string& text) {
  const std::string safe = report::for_terminal(text);
  std::fwrite(safe.data(), 1, safe.size(), stdout);
}

void write_output(const std::filesystem::path& path, std::span<const std::byte> content) {
  check_or_die(targets::write_file(path, content));
}

void add_bios(CLI::App& app) {
  CLI::App* command = app.add_subcommand("bios", "Call the BIOS and come back.");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  kjump bios memory-map\n"
      "  kjump bios call 0x15 eax=0xE820 edx=SMAP ecx=24 --buffer es:di=24 --repeat-while ebx");
  add_bios_call(*command);
  add_bios_memory(*command);
  add_bios_machine(*command);
  add_bios_video(*command);
  add_bios_disks(*command);
}

}  // namespace kjump::cli
