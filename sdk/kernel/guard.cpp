// SPDX-License-Identifier: MIT
#include "kernel/guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

#include "host/acpi_tables.hpp"
#include "host/cpu_flags.hpp"
#include "host/firmware.hpp"

namespace kjump::two_kernels {
namespace {

constexpr const char* kCpuInfo = "/proc/cpuinfo";
constexpr const char* kHint = "leave --deadline out, and nobody guards; docs/two-kernels.md";

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// "apicid\t\t: 1" gives 1.
std::optional<std::uint32_t> value_of(const std::string& line, std::string_view field) {
  const auto colon = line.find(':');
  if (colon == std::string::npos || !line.starts_with(field) ||
      line.find_first_not_of(" \t", field.size()) != colon) {
    return std::nullopt;
  }
  const auto value = line.find_first_not_of(' ', colon + 1);
  return value == std::string::npos ? std::nullopt : number_in(std::string_view(line).substr(value));
}

// Online ones, in the kernel's order.
std::vector<GuardProcessor> processors(const std::string& cpu_info) {
  std::vector<GuardProcessor> found;
  std::istringstream text(cpu_info);
  std::uint32_t cpu = 0;
  for (std::string line; std::getline(text, line);) {
    cpu = value_of(line, "processor").value_or(cpu);
    if (const auto id = value_of(line, "apicid")) {
      found.push_back({cpu, *id});
    }
  }
  return found;
}

// A BIOS, because it is firmware that leads a processor which was reset in its work to where the guard wants
// it; and page tables that reach all memory.
Result<void> check_machine(const System& system) {
  const auto facts = read_page_zero(system);
  if (booted_by_efi(system) || !facts || !facts->ivt_problem.empty()) {
    return fail(ErrorCode::kUnsupported,
                "no deadline can be held here: taking the boot processor back goes through a BIOS",
                booted_by_efi(system) ? "Linux was started by EFI firmware" : "interrupt vector table",
                kHint);
  }
  if (!has_cpu_flag(system, "pae") || !has_cpu_flag(system, "apic")) {
    return fail(ErrorCode::kUnsupported, "no deadline can be held here: the processor has no PAE or no APIC",
                kCpuInfo, kHint);
  }
  return {};
}

}  // namespace

// As the kernel does: the last of each counts, and the smaller of both (kernel/smp.c, setup_max_cpus and
// nr_cpus).
std::optional<std::uint32_t> processors_of(const std::string& command_line) {
  std::optional<std::uint32_t> most;
  std::optional<std::uint32_t> possible;
  std::istringstream words(command_line);
  for (std::string word; words >> word;) {
    for (const auto& [option, value] : {std::pair{"maxcpus=", &most}, std::pair{"nr_cpus=", &possible}}) {
      if (word.starts_with(option)) {
        const auto number = number_in(std::string_view(word).substr(std::string_view(option).size()));
        *value = number ? std::optional(std::max(*number, 1U)) : *value;
      }
    }
    if (word == "nosmp") {
      most = 1;
    }
  }
  return most && possible ? std::min(most, possible) : most ? most : possible;
}

Result<GuardProcessor> find_guard(const System& system, const std::string& second_command_line) {
  KJUMP_CHECK(check_machine(system));
  const std::vector<GuardProcessor> all = processors(system.read_fact(kCpuInfo).value_or(""));
  if (all.size() < 2) {
    return fail(ErrorCode::kUnsupported,
                "no deadline can be held here: it takes a second processor, which guards the first", kCpuInfo,
                kHint);
  }
  const GuardProcessor& last = all.back();
  const auto taken = processors_of(second_command_line);
  if (!taken || *taken > last.cpu) {
    return fail(
        ErrorCode::kInvalid,
        taken ? fmt::format("the second kernel takes {} processors, and none is left to guard it", *taken)
              : "the second kernel takes all processors, and none is left to guard it",
        "command line", fmt::format("give it maxcpus={} or less, or leave --deadline out", last.cpu));
  }
  return last;
}

Result<void> ask_for_guard(const System& system, std::uint32_t deadline_seconds,
                           const std::string& second_command_line, const MemoryPiece& memory,
                           abi::two_kernels::CrossingRequest& request) {
  if (deadline_seconds == 0) {
    return {};
  }
  constexpr std::uint32_t kMillisecondsASecond = 1000;
  KJUMP_TRY(const GuardProcessor guard, find_guard(system, second_command_line));
  request.deadline_ms = deadline_seconds * kMillisecondsASecond;
  request.guard_apic_id = guard.apic_id;
  request.snapshot = snapshot_in(memory);
  const std::vector<IoApicPlace> io_apics = find_io_apics(system);
  if (io_apics.size() > std::size(request.io_apics)) {
    return fail(ErrorCode::kLimit, fmt::format("this machine has {} I/O APICs", io_apics.size()),
                "--deadline", kHint);
  }
  std::transform(io_apics.begin(), io_apics.end(), std::begin(request.io_apics),
                 [](const IoApicPlace& one) { return one.address; });
  return {};
}

}  // namespace kjump::two_kernels
