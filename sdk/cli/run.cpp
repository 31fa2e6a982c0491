// SPDX-License-Identifier: MIT
// kjump run: an image on a target, its request from a file, its reply to a file.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <kjump/image.hpp>
#include <kjump/target.hpp>

#include "bios/planned_calls.hpp"
#include "cli/call_options.hpp"
#include "cli/commands.hpp"
#include "cli/progress_line.hpp"
#include "cli/target_options.hpp"
#include "report/json.hpp"
#include "report/terminal.hpp"
#include "report/text.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::cli {
namespace {

constexpr double kLongestDeadline = 86'400;  // seconds

struct RunOptions {
  TargetOptions target;
  std::filesystem::path image;
  std::filesystem::path request;
  std::filesystem::path reply;
  std::filesystem::path bulk_request;
  std::uint64_t bulk_room = 0;
  std::uint32_t jumps = 1;
  double deadline = 0;  // seconds
  std::uint32_t call_deadline_ms = 0;
  std::string classes;
  std::vector<std::string> calls;
  std::string sha256;
  bool json = false;
};

Result<RunReport> run_image(const RunOptions& options) {
  std::optional<Sha256> pinned;
  if (!options.sha256.empty()) {
    KJUMP_TRY(pinned, Sha256::parse(options.sha256));
  }
  KJUMP_TRY(const Image image, Image::open(options.image, pinned));
  RunRequest request;
  request.jumps = options.jumps;
  for (const std::string& text : options.calls) {
    KJUMP_TRY(PlannedCall call, bios::parse_planned_call(text));
    request.calls.push_back(call);
  }
  request.allow_unsafe = options.target.allow_unsafe();
  request.warn = [](const std::string& note) {
    std::fprintf(stderr, "kjump: note: %s\n", report::for_terminal(note).c_str());
  };
  request.deadline_ms = static_cast<std::uint32_t>(std::lround(options.deadline * 1000));
  request.call_deadline_ms = options.call_deadline_ms;
  KJUMP_TRY(request.contract_classes, report::parse_classes(options.classes));
  if (!options.request.empty()) {
    KJUMP_TRY(request.request, targets::read_file(options.request));
  }
  if (!options.bulk_request.empty()) {
    KJUMP_TRY(request.bulk_request, targets::read_file(options.bulk_request));
  }
  request.bulk_reply_room = options.bulk_room;
  ProgressLine progress;
  KJUMP_TRY(const std::unique_ptr<Target> target, options.target.make(progress.callback()));
  return target->run(image, request);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void run_command(const RunOptions& options) {
  const Result<RunReport> report = run_image(options);
  if (!report) {
    if (options.json) {
      print(report::to_json(report.error()) + "\n");
    }
    die(report.error());
  }
  if (!options.reply.empty() && !report->jumps.empty()) {
    check_or_die(targets::write_file(
        options.reply, options.bulk_room != 0 ? report->bulk_reply : report->jumps.back().reply));
  }
  const bool bulk = options.bulk_room != 0;
  const report::TextOptions text{bulk ? "" : options.reply.string(), bulk ? options.reply.string() : ""};
  print(options.json ? report::to_json(*report) + "\n" : report::to_text(*report, text));
  if (const std::string failure = report::what_failed(*report, options.jumps); !failure.empty()) {
    std::fflush(stdout);
    std::fprintf(stderr, "kjump: %s\n", report::for_terminal(failure).c_str());
    throw Exit{kExitFailed};
  }
}

}  // namespace

void add_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "Run a jump image and show what it printed and replied.");
  auto options = std::make_shared<RunOptions>();
  command->add_option("image", options->image, "jump image, made by kjump link")
      ->required()
      ->type_name("FILE");
  options->target.add_to(*command);
  command->add_option("--in", options->request, "file with the request, /dev/stdin for standard input")
      ->type_name("FILE");
  command
      ->add_option(
          "--out", options->reply,
          "write the reply of the last jump to this file, or the bulk reply if there is room for one")
      ->type_name("FILE");
  command
      ->add_option("--bulk-in", options->bulk_request,
                   "file with a bulk request, up to 1 GiB, which stays in memory of its own")
      ->type_name("FILE");
  command->add_option("--bulk-room", options->bulk_room, "memory for a bulk reply, up to 1 GiB, e.g. 64MiB")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command
      ->add_option("--jumps", options->jumps, "jumps to make into the image, which stays loaded in between")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command
      ->add_option("--deadline", options->deadline,
                   "seconds for each jump (default: the image's own, else 30)")
      ->check(CLI::Range(0.001, kLongestDeadline));
  add_call_deadline(*command, options->call_deadline_ms, "0");
  add_report(*command, options->classes);
  command
      ->add_option(
          "--calls", options->calls,
          "a BIOS call that the payload makes, e.g. 0x13:0x4200; refused where it is unsafe after Linux; "
          "may be repeated")
      ->allow_extra_args(false)
      ->type_name("VECTOR[:AX]");
  command
      ->add_option("--sha256", options->sha256,
                   "run the image only if its file has this hash, as kjump inspect and sha256sum print it")
      ->type_name("HEX");
  command->add_flag("--json", options->json, "print the whole report as JSON");
  command->footer(
      "Example: kjump run hello.kjump --target vm\n"
      "Succeeds when every jump returned with status 0.");
  command->callback([options] { run_command(*options); });
}

}  // namespace kjump::cli
