// SPDX-License-Identifier: MIT
// kjump kernel params: what it takes to go back into a kernel that waits.
#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "host/open_session.hpp"
#include "kernel/jump_parameters.hpp"

namespace kjump::cli {
namespace {

using abi::two_kernels::FrameRegisters;
using two_kernels::JumpParameters;

struct NamedRegister {
  const char* name;
  std::uint64_t FrameRegisters::*value;
};
// Those that the kernel keeps.
constexpr NamedRegister kKeptRegisters[] = {
    {"rip", &FrameRegisters::rip}, {"rsp", &FrameRegisters::rsp}, {"rflags", &FrameRegisters::rflags},
    {"rbx", &FrameRegisters::rbx}, {"rbp", &FrameRegisters::rbp}, {"r12", &FrameRegisters::r12},
    {"r13", &FrameRegisters::r13}, {"r14", &FrameRegisters::r14}, {"r15", &FrameRegisters::r15}};

std::string address_text(std::uint64_t address) {
  return fmt::format("{:#x}", address);
}

nlohmann::ordered_json parameters_json(const JumpParameters& found) {
  nlohmann::ordered_json json = {{"id", found.id},
                                 {"name", found.name},
                                 {"place", found.place},
                                 {"memory_base", found.memory_base},
                                 {"memory_bytes", found.memory_bytes},
                                 {"crossings", found.crossings},
                                 {"first_release", report::text_to_utf8(found.first_release)},
                                 {"second_release", report::text_to_utf8(found.second_release)},
                                 {"entry", address_text(found.entry)},
                                 {"control_page", address_text(found.control_page)}};
  if (found.control_known) {
    json["backup_map"] = address_text(found.backup_map);
    json["swap_page"] = address_text(found.swap_page);
    json["page_tables"] = address_text(found.tables);
    json["cr3"] = address_text(found.cr3);
    for (const NamedRegister& each : kKeptRegisters) {
      json["registers"][each.name] = address_text(found.registers.*each.value);
    }
  }
  if (found.vmcoreinfo != 0) {
    json["vmcoreinfo"] = address_text(found.vmcoreinfo);
    json["vmcoreinfo_bytes"] = found.vmcoreinfo_bytes;
  }
  return json;
}

std::string control_text(const JumpParameters& found) {
  if (!found.control_known) {
    return "what the first kernel keeps in its control page is not known: it is not an x86_64 kernel before "
           "6.14\n";
  }
  std::string text =
      fmt::format("backup map    {:#x}\nswap page     {:#x}\npage tables   {:#x}\ncr3           {:#x}\n",
                  found.backup_map, found.swap_page, found.tables, found.cr3);
  for (const NamedRegister& each : kKeptRegisters) {
    text += fmt::format("{:<13} {:#x}\n", each.name, found.registers.*each.value);
  }
  return text;
}

std::string parameters_text(const JumpParameters& found) {
  std::string text = fmt::format(
      "first kernel  {}, waits\nsecond kernel {} {}, {} in {} at {:#x}\npair          {}, {} jumps so far\n"
      "entry         {:#x}\ncontrol page  {:#x}\n",
      report::for_terminal(found.first_release), report::for_terminal(found.name),
      report::for_terminal(found.second_release), found.place, size_text(found.memory_bytes),
      found.memory_base, found.id, found.crossings, found.entry, found.control_page);
  text += control_text(found);
  if (found.vmcoreinfo != 0) {
    text += fmt::format("vmcoreinfo    {:#x}, {} bytes\n", found.vmcoreinfo, found.vmcoreinfo_bytes);
  }
  return text;
}

nlohmann::ordered_json dump_parameters_json(const two_kernels::DumpParameters& found) {
  nlohmann::ordered_json json = parameters_json(found.parameters);
  json["format"] = two_kernels::dump_format_name(found.format);
  if (found.level) {
    json["dump_level"] = *found.level;
  }
  json["pages"] = found.pages;
  json["pages_there"] = found.pages_there;
  return json;
}

std::string dump_parameters_text(const two_kernels::DumpParameters& found) {
  std::string text = fmt::format("dump          {}, {} of {} pages",
                                 two_kernels::dump_format_name(found.format), found.pages_there, found.pages);
  if (found.level) {
    text += fmt::format(", makedumpfile's level {}", *found.level);
  }
  return text + "\n" + parameters_text(found.parameters);
}

void print_parameters(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

}  // namespace

void add_kernel_params(CLI::App& group) {
  CLI::App* command = group.add_subcommand(
      "params", "What it takes to go back into a first kernel that waits: this one's, or the one in a dump.");
  const auto json = std::make_shared<bool>(false);
  const auto file = std::make_shared<std::string>();
  command->add_option(
      "file", *file,
      "a copy of /proc/vmcore or what makedumpfile made of it; none: here, in the second kernel");
  command->add_flag("--json", *json, R"(print {"entry": ADDRESS, "control_page": ADDRESS, ...} as JSON)");
  command->footer("Example: kjump kernel params /mnt/whole");
  command->callback([json, file] {
    if (file->empty()) {
      const auto found = value_or_die(two_kernels::parameters_here(this_machine()), *json);
      print_parameters(*json ? parameters_json(found).dump(2) + "\n" : parameters_text(found));
      return;
    }
    const auto found = value_or_die(two_kernels::parameters_of_dump(*file), *json);
    print_parameters(*json ? dump_parameters_json(found).dump(2) + "\n" : dump_parameters_text(found));
  });
}

}  // namespace kjump::cli
