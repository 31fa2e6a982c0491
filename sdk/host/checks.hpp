// SPDX-License-Identifier: MIT
/// The checks of `kjump doctor`. Those that can fail are the checks of every session. One function per group.
#pragma once

#include <string>
#include <vector>

#include <kjump/doctor.hpp>

#include "host/firmware.hpp"
#include "host/kernel_gdt.hpp"
#include "host/kernel_version.hpp"
#include "host/system.hpp"

namespace kjump {

/// What the image to be run asks of the machine. doctor asks for the least: an exchange.
struct Needs {
  bool bios = false;
  bool exchange = true;
};

/// What every door needs: privileges, kernel, firmware, low memory. Only what can say no: every session pays
/// for it.
[[nodiscard]] std::vector<Check> examine_machine(const System& system, const Needs& needs);

// Groups. Each is in a file of its own (check_*.cpp).
[[nodiscard]] std::vector<Check> check_physical_access(const System& system, const Needs& needs);
[[nodiscard]] std::vector<Check> check_firmware(const System& system, const Result<LowMemoryFacts>& facts,
                                                const Needs& needs);
[[nodiscard]] Check check_low_memory(const System& system, const Result<LowMemoryFacts>& facts);
[[nodiscard]] Check check_kernel_version(const System& system, const Needs& needs);
[[nodiscard]] Check check_first_cpu(const System& system);
/// What doctor tells about the processor and its surroundings; no verdict hangs on it.
[[nodiscard]] std::vector<Check> processor_remarks(const System& system);

// The kexec door's own.
[[nodiscard]] std::vector<Check> check_kexec_rights(System& system);
/// Instead of those, for an image that an earlier session has left loaded.
[[nodiscard]] std::vector<Check> check_kexec_kept(const System& system);
[[nodiscard]] Check check_kernel_gdt(const KernelGdtSearch& search, const Kernel& kernel);
/// An i386 kernel's; `pae` is what uses_pae() says.
[[nodiscard]] Check check_page_tables(const Result<bool>& pae);
[[nodiscard]] Check check_return_path(const System& system);

/// One line of /sys/kernel/security/lockdown: the mode in brackets, "none" when there is no lockdown.
[[nodiscard]] std::string lockdown_mode(const System& system);
/// CAP_..., as <linux/capability.h> numbers them: is it in effect?
[[nodiscard]] bool has_capability(const System& system, unsigned bit);

// Shorthands for the three verdicts.
[[nodiscard]] Check passed(std::string id, std::string title, std::string finding);
[[nodiscard]] Check remark(std::string id, std::string title, std::string finding, std::string fix = {});
[[nodiscard]] Check failed(std::string id, std::string title, ErrorCode code, std::string finding,
                           std::string fix);

}  // namespace kjump
