// SPDX-License-Identifier: MIT
// kjump last-crash: what a jump was doing that did not come back.
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <kjump/last_crash.hpp>

#include "cli/commands.hpp"
#include "report/json.hpp"
#include "report/json_fields.hpp"
#include "report/trail.hpp"

namespace kjump::cli {
namespace {

struct CrashOptions {
  bool json = false;
  bool clear = false;
};

std::string time_text(std::uint64_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string to_text(const LastCrash& crash) {
  std::string text = fmt::format(
      "jump {} of image '{}', begun {}, did not come back\n"
      "it was {}\n",
      crash.sequence, crash.image, time_text(crash.started_at), report::trail_text(crash.trail));
  if (crash.this_boot) {
    text += "that was since this Linux booted: its session runs, or was killed\n";
  }
  return text;
}

nlohmann::ordered_json to_json(const std::optional<LastCrash>& crash) {
  if (!crash) {
    return {{"crash", nullptr}};
  }
  nlohmann::ordered_json call = nullptr;
  if (crash->trail.in_call != 0) {
    call = report::last_call_text(crash->trail);
  }
  return {{"crash",
           {{"image", report::text_to_utf8(crash->image)},
            {"started_at", crash->started_at},
            {"jump", crash->sequence},
            {"deadline_ms", crash->deadline_ms},
            {"stage", report::stage_name(crash->trail.stage)},
            {"firmware_calls", crash->trail.calls},
            {"call", call},
            {"this_boot", crash->this_boot}}}};
}

void last_crash(const CrashOptions& options) {
  const Result<std::optional<LastCrash>> crash = read_last_crash();
  if (!crash) {
    if (options.json) {
      std::fputs((report::to_json(crash.error()) + "\n").c_str(), stdout);
    }
    die(crash.error());
  }
  const std::string text = options.json ? to_json(*crash).dump(2) + "\n"
                           : *crash     ? to_text(**crash)
                                        : "no jump is on record that did not come back\n";
  std::fputs(text.c_str(), stdout);
  if (options.clear) {
    check_or_die(clear_last_crash());
  }
}

}  // namespace

void add_last_crash(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "last-crash", "After a reset: what the jump was doing that did not come back, if memory still tells.");
  const auto options = std::make_shared<CrashOptions>();
  command->add_flag("--json", options->json, R"(print {"crash": null or {"image", "stage", "call", ...}})");
  command->add_flag("--clear", options->clear, "forget it afterwards");
  command->footer("Exits with 0 also when there is no record.");
  command->callback([options] { last_crash(*options); });
}

}  // namespace kjump::cli
