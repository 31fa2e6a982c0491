// SPDX-License-Identifier: MIT
#include "host/wake/forgotten_config.hpp"

#include <cstring>

namespace kjump {
namespace {

constexpr const char* kLpcBridge = "/sys/bus/pci/devices/0000:00:1f.0/config";
constexpr std::uint32_t kLpcDevice = 0x1F;
constexpr std::uint32_t kIch9 = 0x29188086;  // 82801IB, which q35 has
constexpr std::uint32_t kPmBase = 0x40;      // Intel ICH9 data sheet 13.1.12
constexpr std::uint32_t kAcpiControl = 0x44;
constexpr std::uint32_t kPmBaseAddress = 0xFF80;

std::uint32_t dword(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// The bridge's configuration space up to there; empty on other chipsets.
std::string ich9_config(const System& system) {
  auto config = system.read_at(kLpcBridge, 0, kAcpiControl + sizeof(std::uint32_t));
  return config && dword(*config, 0) == kIch9 ? *std::move(config) : std::string();
}

bool has_base(const std::string& config) {
  return (dword(config, kPmBase) & kPmBaseAddress) != 0;
}

}  // namespace

bool sleep_registers_lost(const System& system) {
  const std::string config = ich9_config(system);
  return !config.empty() && !has_base(config);
}

std::vector<abi::ConfigWrite> forgotten_config(const System& system) {
  const std::string config = ich9_config(system);
  if (config.empty() || !has_base(config)) {
    return {};
  }
  return {{abi::config_address(kLpcDevice, 0, kPmBase), dword(config, kPmBase)},
          {abi::config_address(kLpcDevice, 0, kAcpiControl), dword(config, kAcpiControl)}};
}

}  // namespace kjump
