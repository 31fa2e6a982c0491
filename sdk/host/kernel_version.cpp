// SPDX-License-Identifier: MIT
#include "host/kernel_version.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace kjump {
namespace {

// Takes a decimal number off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<KernelVersion> try_parse(const std::string& text) {
  const auto version = parse_kernel_version(text);
  return version ? std::optional(*version) : std::nullopt;
}

// "... (gcc-12 (Debian 12.2.0-14) ...) #1 SMP Debian 6.1.192-2 (...)": the compiler's comes first.
std::optional<KernelVersion> debian_version(const std::string& proc_version) {
  static constexpr std::string_view kMarker = "Debian ";
  const auto at = proc_version.rfind(kMarker);
  return at == std::string::npos ? std::nullopt : try_parse(proc_version.substr(at + kMarker.size()));
}

// "Ubuntu 6.8.0-45.45-generic 6.8.12": the last word.
std::optional<KernelVersion> ubuntu_version(const std::string& signature) {
  const auto space = signature.rfind(' ');
  return space == std::string::npos ? std::nullopt : try_parse(signature.substr(space));
}

// The version behind a release such as "6.1.0-56-amd64" or "6.8.0-45-generic".
KernelVersion real_version(const System& system, const KernelVersion& seen) {
  if (seen.stable != 0 || seen.candidate) {
    return seen;
  }
  for (const auto& found : {debian_version(system.read_line("/proc/version")),
                            ubuntu_version(system.read_line("/proc/version_signature"))}) {
    if (found && found->series == seen.series && found->feature == seen.feature) {
      return *found;
    }
  }
  return seen;
}

}  // namespace

std::string KernelVersion::text() const {
  return fmt::format("{}.{}.{}{}", series, feature, stable, candidate ? "-rc" : "");
}

bool Kernel::restores_gdt() const {
  if (!is_x86_64()) {
    return false;
  }
  if (version.series == 6 && version.feature == 6) {
    return version.stable >= 66;
  }
  if (version.series == 6 && version.feature == 12) {
    return version.stable >= 5;
  }
  // The fix came between two release candidates of 6.13: a candidate may lack it.
  return version.at_least(6, 13) && !(version.feature == 13 && version.series == 6 && version.candidate);
}

bool Kernel::has_fixed_gdt_alias() const {
  return is_x86_64() && version.at_least(4, 15) && !version.at_least(6, 2);
}

Result<KernelVersion> parse_kernel_version(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty() && rest.front() == ' ') {
    rest.remove_prefix(1);
  }
  KernelVersion version;
  const auto series = take_number(rest);
  if (!series || rest.empty() || rest.front() != '.') {
    return fail(ErrorCode::kMalformed, "cannot read a kernel version", text);
  }
  rest.remove_prefix(1);
  const auto feature = take_number(rest);
  if (!feature) {
    return fail(ErrorCode::kMalformed, "cannot read a kernel version", text);
  }
  version.series = *series;
  version.feature = *feature;
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    version.stable = take_number(rest).value_or(0);
  }
  version.candidate = rest.starts_with("-rc");
  return version;
}

Result<Kernel> identify_kernel(const System& system) {
  const KernelNames names = system.kernel_names();
  KJUMP_TRY(const KernelVersion version, parse_kernel_version(names.release));
  return Kernel{names.release, names.machine, real_version(system, version)};
}

}  // namespace kjump
