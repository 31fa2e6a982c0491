// SPDX-License-Identifier: MIT
// kjump bios: firmware calls. Every command is one jump.
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "cli/bios_commands.hpp"
#include "cli/progress_line.hpp"
#include "report/json.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::cli {

namespace {

constexpr double kLongestBatch = 3600;  // seconds

void print_remarks(const RunReport& report) {
  for (const std::string& note : report.notes) {
    std::fprintf(stderr, "kjump: note: %s\n", note.c_str());
  }
  for (const std::string& breach : report.breaches) {
    std::fprintf(stderr, "kjump: warning: return contract broken: %s\n", breach.c_str());
  }
}

Result<bios::BatchReply> try_batch(const BiosOptions& options, const bios::Batch& batch) {
  ProgressLine progress;
  KJUMP_TRY(const std::unique_ptr<Target> target, options.target.make(progress.callback()));
  return batch.run(*target, static_cast<std::uint32_t>(std::lround(options.deadline * 1000)));
}

}  // namespace

void BiosOptions::add_to(CLI::App& command) {
  target.add_to(command);
  command.add_option("--deadline", deadline, "seconds until the calls count as hung (default 30)")
      ->check(CLI::Range(0.001, kLongestBatch));
  command.add_flag("--json", json, "print the result as JSON");
}

bios::BatchReply run_batch(const BiosOptions& options, const bios::Batch& batch) {
  Result<bios::BatchReply> reply = try_batch(options, batch);
  if (!reply) {
    fail_command(options, reply.error());
  }
  print_remarks(reply->report);
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
  std::fprintf(stderr, "kjump: %s\n", error.text().c_str());
  throw Exit{kExitUsage};
}

void print_text(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
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
