// SPDX-License-Identifier: MIT
#include "host/taken_devices.hpp"

#include <fmt/format.h>

#include <string_view>

namespace kjump {
namespace {

constexpr const char* kPciDevices = "/sys/bus/pci/devices";
constexpr const char* kUsbDevices = "/sys/bus/usb/devices";
// PCI class codes (PCI Code and ID Assignment Specification 1.2).
constexpr std::string_view kMassStorage = "0x01";
constexpr std::string_view kIde = "0x0101";
constexpr std::string_view kFloppy = "0x0102";
constexpr std::string_view kSdHost = "0x0805";
constexpr std::string_view kDisplay = "0x03";
// USB class codes: interface class, subclass, protocol.
constexpr std::string_view kUsbMassStorage = "08";
constexpr std::string_view kUsbBootKeyboard = "03 01 01";

bool is_stateful_disk_controller(std::string_view code) {
  return (code.starts_with(kMassStorage) && !code.starts_with(kIde) && !code.starts_with(kFloppy)) ||
         code.starts_with(kSdHost);
}

struct PciDevice {
  std::string path;
  std::string class_code;
  std::string driver;  ///< empty: none is bound
  std::string text;
};

// DRIVER=ahci among the lines of uevent, as the link "driver" has it.
std::string driver_of(const System& system, const std::string& path) {
  static constexpr std::string_view kKey = "DRIVER=";
  const std::string lines = "\n" + system.read_line(path + "/uevent");
  const std::size_t at = lines.find("\n" + std::string(kKey));
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = at + 1 + kKey.size();
  return lines.substr(begin, lines.find('\n', begin) - begin);
}

PciDevice pci_device(const System& system, const std::string& name) {
  PciDevice device;
  device.path = fmt::format("{}/{}", kPciDevices, name);
  device.class_code = system.read_line(device.path + "/class");
  device.driver = driver_of(system, device.path);
  device.text = fmt::format("PCI device {}, class {}{}{}", name, device.class_code,
                            device.driver.empty() ? "" : ", driver ", device.driver);
  return device;
}

template <typename Wanted>
std::optional<std::string> find_pci_device(const System& system, Wanted wanted) {
  for (const std::string& name : system.list_directory(kPciDevices)) {
    if (const PciDevice device = pci_device(system, name); wanted(device)) {
      return device.text;
    }
  }
  return std::nullopt;
}

/// An interface of a USB device whose class begins with these codes.
std::optional<std::string> find_usb_interface(const System& system, std::string_view codes,
                                              std::string_view what) {
  for (const std::string& name : system.list_directory(kUsbDevices)) {
    const std::string path = fmt::format("{}/{}/bInterface", kUsbDevices, name);
    const std::string found = system.read_line(path + "Class") + " " + system.read_line(path + "SubClass") +
                              " " + system.read_line(path + "Protocol");
    if (found.starts_with(codes)) {
      return fmt::format("USB device {}, {}", name, what);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> taken_disk_controller(const System& system, bool woken) {
  auto controller = find_pci_device(system, [woken](const PciDevice& device) {
    return is_stateful_disk_controller(device.class_code) && (woken || !device.driver.empty());
  });
  return controller ? std::move(controller) : find_usb_interface(system, kUsbMassStorage, "mass storage");
}

std::optional<std::string> taken_video_card(const System& system) {
  return find_pci_device(system, [&system](const PciDevice& device) {
    // INT 10h is that of the card that firmware has booted with.
    return device.class_code.starts_with(kDisplay) && !device.driver.empty() &&
           system.read_line(device.path + "/boot_vga", "1") == "1";
  });
}

std::optional<std::string> taken_keyboard(const System& system) {
  return find_usb_interface(system, kUsbBootKeyboard, "keyboard");
}

}  // namespace kjump
