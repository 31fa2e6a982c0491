// SPDX-License-Identifier: MIT
// kjump kernel status: who is who of two kernels, told in either.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "host/open_session.hpp"
#include "kernel/low_area.hpp"
#include "kernel/second_kernel.hpp"

namespace kjump::cli {
namespace {

using KernelJson = nlohmann::ordered_json;
using abi::two_kernels::HandOff;
using two_kernels::text_of_field;

KernelJson pair_json(const HandOff& page) {
  return {{"crossings", page.crossings},
          {"release", report::text_to_utf8(text_of_field(page.kernels[1].release))},
          {"first_release", report::text_to_utf8(text_of_field(page.kernels[0].release))}};
}

KernelJson status_json(const two_kernels::KernelStatus& status) {
  KernelJson kernels = KernelJson::array();
  for (const auto& known : status.kernels) {
    KernelJson one = {{"name", known.entry.name},
                      {"place", two_kernels::place_name(known.entry.place)},
                      {"memory_base", known.entry.memory.base},
                      {"memory_bytes", known.entry.memory.bytes},
                      {"waits", known.page && known.lost.empty()},
                      {"lost", known.lost}};
    if (known.page) {
      one.update(pair_json(*known.page));
    }
    kernels.push_back(std::move(one));
  }
  KernelJson json = {{"side", status.is_second ? "second" : "first"}, {"kernels", std::move(kernels)}};
  if (status.is_second) {
    json["name"] = text_of_field(status.page.name);
    json["memory_base"] = status.page.memory_base;
    json["memory_bytes"] = status.page.memory_bytes;
    json["crossings"] = status.page.crossings;
    json["first_release"] = report::text_to_utf8(text_of_field(status.page.kernels[0].release));
  }
  return json;
}

std::string status_text(const two_kernels::KernelStatus& status) {
  std::string text;
  if (status.is_second) {
    text += fmt::format(
        "this is the second kernel {}, in {} at {:#x}\n"
        "the first one, {}, waits; {} jumps so far\n",
        text_of_field(status.page.name), size_text(status.page.memory_bytes), status.page.memory_base,
        report::for_terminal(text_of_field(status.page.kernels[0].release)), status.page.crossings);
  } else if (status.kernels.empty()) {
    text += "there is no second kernel\n";
  }
  for (const auto& known : status.kernels) {
    const two_kernels::KernelEntry& entry = known.entry;
    text += fmt::format(
        "second kernel {}: {} in {} at {:#x} ({}), {}\n", entry.name,
        known.page ? report::for_terminal(text_of_field(known.page->kernels[1].release)) : entry.release,
        size_text(entry.memory.bytes), entry.memory.base, two_kernels::place_name(entry.place),
        !known.lost.empty() ? known.lost
        : known.page        ? fmt::format("waits; {} jumps so far", known.page->crossings)
                            : "has not come back");
  }
  return text;
}

}  // namespace

void add_kernel_status(CLI::App& group) {
  CLI::App* command = group.add_subcommand("status", "Which of two kernels this is, and what waits.");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, R"(print {"side": "first" or "second", "kernels": [...], ...})");
  command->callback([json] {
    const auto status = value_or_die(two_kernels::kernel_status(this_machine()), *json);
    std::fputs(*json ? (status_json(status).dump(2) + "\n").c_str() : status_text(status).c_str(), stdout);
  });
}

}  // namespace kjump::cli
