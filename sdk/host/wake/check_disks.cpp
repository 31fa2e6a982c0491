// SPDX-License-Identifier: MIT
#include "host/wake/check_disks.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace kjump {
namespace {

constexpr const char* kDevices = "/sys/bus/pci/devices";
// PCI class codes (PCI Code and ID Assignment Specification 1.2).
constexpr std::string_view kMassStorage = "0x01";
constexpr std::string_view kIde = "0x0101";
constexpr std::string_view kFloppy = "0x0102";

}  // namespace

Result<void> check_sector_transfers(const System& system) {
  for (const std::string& device : system.list_directory(kDevices)) {
    const std::string code = system.read_line(fmt::format("{}/{}/class", kDevices, device));
    if (code.starts_with(kMassStorage) && !code.starts_with(kIde) && !code.starts_with(kFloppy)) {
      return fail(
          ErrorCode::kUnsupported,
          "firmware that has just woken the machine does not set this disk controller up again: reading "
          "or writing sectors by INT 13h hangs or fails (only IDE works)",
          fmt::format("PCI device {}, class {}", device, code), "use --door kexec");
    }
  }
  return {};
}

}  // namespace kjump
