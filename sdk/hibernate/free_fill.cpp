// SPDX-License-Identifier: MIT
#include "hibernate/free_fill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

#include "hibernate/kernel_config.hpp"
#include "hibernate/kernel_log.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::FreeFill;

// The last one counts, as for the kernel.
std::optional<std::string> boot_option(const System& system, const std::string& name) {
  std::optional<std::string> value;
  std::istringstream words(system.read_line("/proc/cmdline"));
  for (std::string word; words >> word && word != "--";) {
    if (word == name) {
      value = "1";
    } else if (word.starts_with(name + "=")) {
      value = word.substr(name.size() + 1);
    }
  }
  return value;
}

// As kstrtobool() reads it (lib/kstrtox.c).
bool is_on(const std::string& value) {
  return value.starts_with('1') || value.starts_with('y') || value.starts_with('Y') ||
         value.starts_with('t') || value.starts_with('T') || value.starts_with("on") || value == "ON" ||
         value == "On";
}

std::optional<FreeFillFinding> by_log(const System& system) {
  // mm/mm_init.c: report_meminit(); "mem auto-init: stack:off, heap alloc:off, heap free:off"
  for (const std::string& line : kernel_log(system)) {
    if (line.starts_with("mem auto-init: ") && line.find("heap free:") != std::string::npos) {
      const bool on = line.find("heap free:on") != std::string::npos;
      return FreeFillFinding{on ? FreeFill::kZero : FreeFill::kNothing, "the kernel's log: " + line};
    }
  }
  return std::nullopt;
}

}  // namespace

FreeFillFinding find_free_fill(const System& system) {
  const KernelConfig config = KernelConfig::read(system);
  const auto poison = boot_option(system, "page_poison");
  if (poison && is_on(*poison) && config.is_set("CONFIG_PAGE_POISONING") != Setting::kNo) {
    // Takes precedence over init_on_free (mm/mm_init.c: mem_debugging_and_hardening_init()).
    return {FreeFill::kPoison, "the command line: page_poison=" + *poison};
  }
  if (auto finding = by_log(system)) {
    return *std::move(finding);
  }
  if (const auto option = boot_option(system, "init_on_free")) {
    return {is_on(*option) ? FreeFill::kZero : FreeFill::kNothing,
            "the command line: init_on_free=" + *option};
  }
  const Setting by_default = config.is_set("CONFIG_INIT_ON_FREE_DEFAULT_ON");
  if (by_default != Setting::kUnknown) {
    const bool on = by_default == Setting::kYes;
    return {on ? FreeFill::kZero : FreeFill::kNothing,
            fmt::format("{}: CONFIG_INIT_ON_FREE_DEFAULT_ON is {}", config.source(), on ? "set" : "not set")};
  }
  return {FreeFill::kZero, "nothing: neither the log nor a configuration can be read; zero does no harm"};
}

}  // namespace kjump::hibernate
