// SPDX-License-Identifier: MIT
// Does this kernel's version and processor setup allow a jump and a way back? (kexec_jump.md 1.5, 6)
#include <fmt/format.h>
#include <kjump/abi/image.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <sstream>

#include "host/acpi_tables.hpp"
#include "host/checks.hpp"
#include "host/cpu_flags.hpp"
#include "host/firmware.hpp"
#include "host/kernel_paging.hpp"

namespace kjump {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

std::string version_remarks(const Kernel& kernel) {
  std::string text = "Linux " + kernel.version.text() + (kernel.is_i386() ? " for i386" : "");
  text +=
      kernel.restores_gdt() ? ", loads its own GDT on the way back" : ", needs its GDT loaded by the stub";
  text += kernel.has_own_return_slot() ? ", has its own re-entry slot" : ", needs the stub's re-entry slot";
  if (!kernel.recovers_from_failed_freeze()) {
    text += ", may leave devices suspended when a driver refuses to freeze (before 6.17)";
  }
  return text;
}

// "retbleed=stuff", also in a list: "retbleed=force,stuff".
bool asks_for_stuffing(const std::string& command_line) {
  std::istringstream words(command_line);
  return std::any_of(std::istream_iterator<std::string>(words), std::istream_iterator<std::string>(),
                     [](const std::string& word) {
                       return word.starts_with("retbleed=") && word.find("stuff") != std::string::npos;
                     });
}

std::string paging_depth(const System& system) {
  if (const auto kernel = identify_kernel(system); kernel && kernel->is_i386()) {
    const auto pae = uses_pae(system);
    return !pae ? "unknown, see page-tables" : *pae ? "3 levels (PAE)" : "2 levels";
  }
  return has_cpu_flag(system, "la57") ? "5 levels (la57)" : "4 levels";
}

}  // namespace

Check check_kernel_version(const System& system, const Needs& needs) {
  static constexpr const char* kId = "kernel-version";
  static constexpr const char* kTitle = "kernel version is known to work";
  const auto kernel = identify_kernel(system);
  if (!kernel) {
    return failed(kId, kTitle, kernel.error().code, kernel.error().text(), "report this kernel's uname -r");
  }
  if (!kernel->is_x86_64() && !kernel->is_i386()) {
    return failed(kId, kTitle, ErrorCode::kUnsupported, "this is a " + kernel->machine + " kernel",
                  "use an x86_64 or i386 kernel");
  }
  if (!kernel->leaves_low_memory_idle() && needs.exchange) {
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  "Linux " + kernel->version.text() + " may keep data of its own in the exchange's memory",
                  "use Linux 5.13 or later");
  }
  return passed(kId, kTitle, version_remarks(*kernel));
}

Check check_first_cpu(const System& system) {
  static constexpr const char* kTitle = "CPU 0 is online";
  // "0-3": the lowest comes first.
  const std::string online = system.read_line("/sys/devices/system/cpu/online", "0");
  if (online == "0" || online.starts_with("0-") || online.starts_with("0,")) {
    return passed("cpus", kTitle, "online: " + online);
  }
  return failed("cpus", kTitle, ErrorCode::kUnsupported, "CPU 0 is offline, online are " + online,
                "echo 1 > /sys/devices/system/cpu/cpu0/online");
}

// What stops a payload that hangs (runtime/platform/watchdog.cpp).
Check check_watchdog(const System& system) {
  static constexpr const char* kId = "watchdog";
  static constexpr const char* kTitle = "a payload that hangs is stopped";
  const std::uint64_t hpet = find_hpet(system);
  const std::uint64_t io_apic = find_io_apic(system);
  if (hpet != 0 && io_apic != 0) {
    return passed(
        kId, kTitle,
        fmt::format("by an NMI from the HPET at {:#x} through the I/O APIC at {:#x}", hpet, io_apic));
  }
  const std::string missing = hpet == 0 ? "HPET" : "I/O APIC";
  const std::string hint = "turn the " + missing + " on in the firmware setup";
  if (has_clock_interrupt(system)) {
    const unsigned timer_pin = find_timer_pin(system);
    return remark(
        kId, kTitle,
        fmt::format(
            "0.5 to 2.5 s late, by an NMI from the real-time clock, pin {} of the I/O APIC at "
            "{:#x}{}: no HPET",
            abi::kClockPin, io_apic,
            timer_pin != 0 ? fmt::format("; sooner in physical mode, by the PIT, pin {}", timer_pin) : ""),
        hint);
  }
  return remark(kId, kTitle, "only while interrupts are on: no " + missing, hint);
}

std::vector<Check> processor_remarks(const System& system) {
  return {passed("paging-depth", "paging depth is known", paging_depth(system)), check_watchdog(system)};
}

Check check_kernel_gdt(const KernelGdtSearch& search, const Kernel& kernel) {
  static constexpr const char* kId = "kernel-gdt";
  static constexpr const char* kTitle = "the kernel's GDT is known";
  if (const auto& best = search.found) {
    return passed(kId, kTitle,
                  fmt::format("{:#x} limit {:#x} from {}", best->base, best->limit, best->source));
  }
  if (const auto verdict = search.verdict(kernel); !verdict) {
    Error error = verdict.error();
    return failed(kId, kTitle, error.code, error.what + " (" + error.subject + ")", error.hint);
  }
  return passed(kId, kTitle, "not needed: this kernel loads it itself");
}

Check check_page_tables(const Result<bool>& pae) {
  static constexpr const char* kId = "page-tables";
  static constexpr const char* kTitle = "the kernel's kind of page tables is known";
  if (!pae) {
    return failed(kId, kTitle, pae.error().code, pae.error().text(), pae.error().hint);
  }
  return passed(kId, kTitle, *pae ? "PAE: the stub sets CR4.PAE on the way back" : "two levels, without PAE");
}

// Call depth tracking makes the kernel's way back call C code while GS is still the payload's (1.5 number 9).
Check check_return_path(const System& system) {
  static constexpr const char* kId = "retbleed";
  static constexpr const char* kTitle = "no call depth tracking";
  static constexpr const char* kFix = "boot without retbleed=stuff (retbleed=auto)";
  const std::string mitigation = system.read_line("/sys/devices/system/cpu/vulnerabilities/retbleed");
  const std::string words = lower(mitigation);
  if (words.find("stuffing") != std::string::npos || words.find("call depth") != std::string::npos) {
    return failed(kId, kTitle, ErrorCode::kUnsupported, "retbleed: " + mitigation, kFix);
  }
  if (mitigation.empty() && asks_for_stuffing(system.read_line("/proc/cmdline"))) {
    return failed(kId, kTitle, ErrorCode::kUnsupported, "the kernel was booted with retbleed=stuff", kFix);
  }
  return passed(kId, kTitle, mitigation.empty() ? "not in use" : "retbleed: " + mitigation);
}

}  // namespace kjump
