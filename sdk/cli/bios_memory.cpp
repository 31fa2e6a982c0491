// SPDX-License-Identifier: MIT
// kjump bios memory-map
#include <memory>
#include <string>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "cli/bios_commands.hpp"

namespace kjump::cli {

namespace {

constexpr const char* kLinuxMap = "/sys/firmware/memmap";

struct MemoryMapOptions {
  BiosOptions common;
  std::string compare;
};

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMib = 1 << 20;
  const auto value = static_cast<double>(bytes);
  return bytes < kMib ? fmt::format("{:.1f} KiB", value / 1024) : fmt::format("{:.1f} MiB", value / kMib);
}

std::string to_text(const bios::MemoryMap& map) {
  std::string text;
  for (const bios::MemoryRange& range : map.ranges) {
    text += fmt::format("{:016x}-{:016x} {:>14}  {}\n", range.base,
                        range.base + (range.bytes == 0 ? 0 : range.bytes - 1), size_text(range.bytes),
                        bios::memory_type_name(range.type));
  }
  text += fmt::format("base memory {} KiB\n", map.base_memory_kib);
  return text;
}

void compare(const MemoryMapOptions& options, const bios::MemoryMap& map) {
  const auto linux_map = value_or_die(bios::firmware_memory_map(options.compare));
  const auto differences = bios::compare_memory_maps(map.ranges, linux_map);
  std::fflush(stdout);
  if (differences.empty()) {
    std::fprintf(stderr, "kjump: equals %s\n", options.compare.c_str());
    return;
  }
  for (const std::string& difference : differences) {
    std::fprintf(stderr, "kjump: %s\n", difference.c_str());
  }
  die({ErrorCode::kGuest, "the firmware's map (first) differs from Linux's (second)", options.compare,
       "look at the command line of Linux for memmap= or mem=, and at its boot loader", 0});
}

void run_memory_map(const MemoryMapOptions& options) {
  if (options.compare == kLinuxMap && options.common.target.target() != "host") {
    fail_usage({ErrorCode::kInvalid, "this Linux's memory map is not that of a virtual machine", "--compare",
                "name a directory with the guest's map, or leave it out", 0});
  }
  const auto map = run_typed(options.common, bios::memory_map_batch(), bios::decode_memory_map, to_text);
  if (!options.compare.empty()) {
    compare(options, map);
  }
}

}  // namespace

void add_bios_memory(CLI::App& bios) {
  CLI::App* command = bios.add_subcommand("memory-map", "The firmware's memory map (INT 15h E820, INT 12h).");
  auto options = std::make_shared<MemoryMapOptions>();
  command->add_option("--compare", options->compare, "fail unless it equals what Linux was told at boot")
      ->expected(0, 1)
      ->default_str(kLinuxMap)
      ->type_name("[DIRECTORY]");
  options->common.add_to(*command);
  command->footer("Example: kjump bios memory-map --compare");
  command->callback([options] { run_memory_map(*options); });
}

}  // namespace kjump::cli
