// SPDX-License-Identifier: MIT
// kjump kernel run: a second kernel, started beside this one.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/kernel_text.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "host/open_session.hpp"
#include "kernel/second_kernel.hpp"

namespace kjump::cli {
namespace {

struct KernelRunArguments {
  two_kernels::StartOptions options;
  std::string place = "auto";
  bool json = false;
};

std::string start_text(const two_kernels::StartReport& report) {
  const two_kernels::KernelEntry& entry = report.entry;
  return fmt::format("kernel {}: {} in {} at {:#x}\nplace {}: {}\n", entry.name,
                     entry.release.empty() ? entry.file : entry.release, size_text(entry.memory.bytes),
                     entry.memory.base, two_kernels::place_name(entry.place), report.reason) +
         crossing_text(report.crossing);
}

nlohmann::ordered_json start_json(const two_kernels::StartReport& report) {
  const two_kernels::KernelEntry& entry = report.entry;
  nlohmann::ordered_json json = {{"name", entry.name},
                                 {"release", entry.release},
                                 {"place", two_kernels::place_name(entry.place)},
                                 {"place_reason", report.reason},
                                 {"memory_base", entry.memory.base},
                                 {"memory_bytes", entry.memory.bytes},
                                 {"command_line", report::text_to_utf8(entry.command_line)}};
  json.update(crossing_json(report.crossing));
  return json;
}

void run_kernel_command(const KernelRunArguments& arguments) {
  const auto report = [&] {
    ProgressLine progress;
    two_kernels::StartOptions options = arguments.options;
    options.progress = progress.callback();
    options.place = place_called(arguments.place);
    return two_kernels::start_kernel(this_machine(), options);
  }();
  const two_kernels::StartReport done = value_or_die(report, arguments.json);
  std::fputs(arguments.json ? (start_json(done).dump(2) + "\n").c_str() : start_text(done).c_str(), stdout);
}

}  // namespace

void add_kernel_run(CLI::App& group) {
  CLI::App* command = group.add_subcommand(
      "run", "Start a second kernel beside this one and go there; returns when it comes back.");
  const auto arguments = std::make_shared<KernelRunArguments>();
  two_kernels::StartOptions& options = arguments->options;
  constexpr std::uint64_t kDefaultMemory = std::uint64_t{128} << 20;
  options.memory_bytes = kDefaultMemory;
  options.name = "second";
  command->add_option("kernel", options.kernel, "bzImage (vmlinuz) with CONFIG_KEXEC_JUMP")->required();
  command->add_option("--initrd", options.initrd, "its initial RAM disk, with kjump in it");
  command->add_option(
      "--append", options.append,
      "its command line; maxcpus=1, or nr_cpus=1 with --deadline, is added if it says nothing of it");
  command->add_option("--memory", options.memory_bytes, "its memory, for example 128M")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("128M");
  command->add_option("--place", arguments->place, "what that memory is made of")
      ->check(CLI::IsMember({"auto", "hugepages", "reserved", "swapped"}))
      ->capture_default_str();
  command
      ->add_option(
          "--at", options.at,
          "the address of that memory, within what was reserved at boot: where a dump is to be restored")
      ->transform(CLI::AsSizeValue(false));
  command->add_option("--name", options.name, "to tell several apart")->capture_default_str();
  add_second_deadline(*command, options.deadline_seconds);
  command->add_flag("--force", options.force,
                    "also if it may use a disk that is in use here, or seems to have no CONFIG_KEXEC_JUMP");
  command->add_flag("--json", arguments->json,
                    R"(print {"name", "place", "memory_base", ..., "away_ms"} as JSON)");
  command->footer("Example: kjump kernel run /boot/vmlinuz-6.12 --initrd b.cpio --append 'console=ttyS0'");
  command->callback([arguments] { run_kernel_command(*arguments); });
}

}  // namespace kjump::cli
