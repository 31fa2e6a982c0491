// SPDX-License-Identifier: MIT
#include "hibernate/disk_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>

#include "hibernate/pci_records.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::DiskAddress;
using abi::hibernate::DiskDriver;

constexpr const char* kNoDriver = "put the store on a virtio-blk, NVMe, SATA (AHCI) or IDE disk";

// PCI class codes: base class, subclass, interface (PCI Code and ID Assignment Specification, 1.2).
constexpr std::uint32_t kIdeClass = 0x0101;
constexpr std::uint32_t kAhciClass = 0x010601;
constexpr std::uint32_t kNvmeClass = 0x010802;

Failure no_way(const std::string& disk, const std::string& why) {
  return fail(ErrorCode::kUnsupported, "no driver of the payload reaches it: " + why, disk, kNoDriver);
}

std::vector<std::string> components_of(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');) {
    parts.push_back(part);
  }
  return parts;
}

std::optional<std::uint32_t> number_of(std::string_view text, int base = 10) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional(value) : std::nullopt;
}

// "virtio3" and the like.
bool is_numbered(const std::string& part, std::string_view name) {
  return part.starts_with(name) && number_of(std::string_view(part).substr(name.size()));
}

const std::string* find_numbered(const std::vector<std::string>& parts, std::string_view name) {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const std::string& part) { return is_numbered(part, name); });
  return found != parts.end() ? &*found : nullptr;
}

// NVMe with native multipathing: the namespace hangs on a virtual subsystem, the controllers are its links
// (drivers/nvme/host/multipath.c). One of them will do.
Result<std::string> device_path_of(const System& system, const std::string& disk) {
  KJUMP_TRY(const std::string path, system.real_path("/sys/class/block/" + disk));
  if (path.find("/virtual/nvme-subsystem/") == std::string::npos) {
    return path;
  }
  const std::string subsystem = path.substr(0, path.rfind('/'));
  for (const std::string& name : system.list_directory(subsystem)) {
    if (is_numbered(name, "nvme")) {
      KJUMP_TRY(const std::string controller, system.real_path(fmt::format("{}/{}", subsystem, name)));
      return fmt::format("{}/{}", controller, disk);
    }
  }
  return no_way(disk, "it is an NVMe namespace without a controller");
}

// What hangs on something that is no PCI function.
std::string why_not_pci(const std::string& path) {
  if (path.find("/virtual/") != std::string::npos) {
    return "no hardware stands behind it (a mapping, a RAID, a loop or RAM device)";
  }
  if (path.find("virtio-mmio") != std::string::npos || path.find("/virtio") != std::string::npos) {
    return "it is a virtio disk that is not on PCI (MMIO)";
  }
  return "it does not hang on PCI (" + path + ")";
}

// The function that the disk's controller is; its class decides which driver is the one.
struct Controller {
  std::string name;
  std::uint32_t pci_class = 0;
  std::uint32_t vendor = 0;
};

Result<Controller> read_controller(const System& system, const std::string& function) {
  const std::string directory = "/sys/bus/pci/devices/" + function;
  const auto number = [&](const char* file) {
    const std::string text = system.read_line(directory + "/" + file);
    return number_of(text.starts_with("0x") ? std::string_view(text).substr(2) : std::string_view(text), 16);
  };
  const auto pci_class = number("class");
  const auto vendor = number("vendor");
  if (!pci_class || !vendor) {
    return fail(ErrorCode::kMalformed, "its class cannot be read", directory, "is sysfs mounted on /sys?");
  }
  return Controller{function, *pci_class, *vendor};
}

// "2:0:1:0", host, channel, target, lun, of the SCSI device that libata makes for a drive.
std::optional<std::uint32_t> drive_of(const std::vector<std::string>& parts) {
  const auto at = std::find(parts.begin(), parts.end(), "block");
  if (at == parts.end() || at == parts.begin()) {
    return std::nullopt;
  }
  const std::string& address = *std::prev(at);
  const auto first = address.find(':');
  const auto last = address.rfind(':');
  const auto middle = first == std::string::npos ? first : address.find(':', first + 1);
  if (middle == std::string::npos || middle == last || address.substr(first, middle - first) != ":0" ||
      address.substr(last) != ":0") {
    return std::nullopt;
  }
  return number_of(std::string_view(address).substr(middle + 1, last - middle - 1));
}

// sysfs counts a controller's ports from 1 (drivers/ata/libata-transport.c: local_port_no); both drivers of
// Linux have a port for every one of the hardware's.
Result<std::uint8_t> ata_unit(const System& system, const std::vector<std::string>& parts, bool ide,
                              const std::string& disk) {
  const std::string* const port = find_numbered(parts, "ata");
  const auto drive = drive_of(parts);
  const auto number = port != nullptr
                          ? number_of(system.read_line("/sys/class/ata_port/" + *port + "/port_no"))
                          : std::nullopt;
  constexpr std::uint32_t kMostPorts = 32;
  constexpr std::uint32_t kChannels = 2;
  constexpr std::uint32_t kDrives = 2;
  if (!drive || !number || *number == 0 || *number > (ide ? kChannels : kMostPorts)) {
    return no_way(disk, "the kernel does not say at which port it is");
  }
  if (*drive >= (ide ? kDrives : 1)) {
    return no_way(disk, "it is behind a port multiplier");
  }
  return static_cast<std::uint8_t>(ide ? (*number - 1) * kDrives + *drive : *number - 1);
}

// Driver and unit. Disks that share a controller with ours but not its command set are told by the path.
Result<void> choose_driver(const System& system, const std::string& path, const Controller& controller,
                           const std::string& disk, DiskAddress& address) {
  constexpr std::uint32_t kVirtioVendor = 0x1AF4;
  const std::vector<std::string> parts = components_of(path);
  const auto set = [&](DiskDriver driver, std::uint8_t unit) {
    address.driver = static_cast<std::uint16_t>(driver);
    address.unit = unit;
  };
  if (find_numbered(parts, "usb") != nullptr) {
    return no_way(disk, "it is a USB disk");
  }
  if (controller.vendor == kVirtioVendor && find_numbered(parts, "virtio") != nullptr) {
    if (find_numbered(parts, "host") != nullptr) {
      return no_way(disk, "it is behind virtio-scsi; virtio-blk would do");
    }
    set(DiskDriver::kVirtio, 0);
    return {};
  }
  if (controller.pci_class == kNvmeClass) {
    const auto space = number_of(system.read_line("/sys/class/block/" + disk + "/nsid"));
    constexpr std::uint32_t kMostSpaces = 254;  // 255 is disk::kAnyUnit
    if (!space || *space == 0 || *space > kMostSpaces) {
      return no_way(disk, "the number of its NVMe namespace is not known or too large");
    }
    set(DiskDriver::kNvme, static_cast<std::uint8_t>(*space));
    return {};
  }
  const bool ide = controller.pci_class >> 8U == kIdeClass;
  if (ide || controller.pci_class == kAhciClass) {
    KJUMP_TRY(const std::uint8_t unit, ata_unit(system, parts, ide, disk));
    set(ide ? DiskDriver::kIde : DiskDriver::kAhci, unit);
    return {};
  }
  return no_way(disk,
                fmt::format("its controller {} is of class {:06x}", controller.name, controller.pci_class));
}

}  // namespace

Result<DiskWay> find_disk(const System& system, const std::string& disk) {
  KJUMP_TRY(const std::string path, device_path_of(system, disk));
  DiskWay way;
  for (const std::string& part : components_of(path)) {
    if (parse_pci_address(part)) {
      way.pci.push_back(part);
    }
  }
  if (way.pci.empty()) {
    return no_way(disk, why_not_pci(path));
  }
  const auto place = parse_pci_address(way.pci.back());
  if (place->domain != 0) {
    return no_way(disk,
                  "its controller is in another PCI domain (" + way.pci.back() + "), as behind Intel VMD");
  }
  way.address.bus = place->bus;
  way.address.device = place->device;
  way.address.function = place->function;
  KJUMP_TRY(const Controller controller, read_controller(system, way.pci.back()));
  KJUMP_CHECK(choose_driver(system, path, controller, disk, way.address));
  return way;
}

std::vector<std::string> functions_of_all_disks(const System& system, const DiskWay& first) {
  std::vector<std::string> functions = first.pci;
  for (const std::string& name : system.list_directory("/sys/block")) {
    const auto way = find_disk(system, name);
    for (const std::string& function : way ? way->pci : std::vector<std::string>()) {
      if (functions.size() < abi::hibernate::kMostPciRecords &&
          std::find(functions.begin(), functions.end(), function) == functions.end()) {
        functions.push_back(function);
      }
    }
  }
  return functions;
}

const char* driver_name(DiskDriver driver) {
  switch (driver) {
    case DiskDriver::kVirtio:
      return "virtio";
    case DiskDriver::kNvme:
      return "nvme";
    case DiskDriver::kAhci:
      return "ahci";
    case DiskDriver::kIde:
      return "ide";
    case DiskDriver::kBios:
      return "bios";
    case DiskDriver::kNone:
      break;
  }
  return "none";
}

std::string address_text(const DiskAddress& address) {
  const auto driver = static_cast<DiskDriver>(address.driver);
  std::string text =
      fmt::format("{} {:02x}:{:02x}.{}", driver_name(driver), address.bus, address.device, address.function);
  const char* const unit = driver == DiskDriver::kNvme   ? "namespace"
                           : driver == DiskDriver::kAhci ? "port"
                           : driver == DiskDriver::kIde  ? "drive"
                                                         : nullptr;
  return unit != nullptr ? fmt::format("{} {} {}", text, unit, address.unit) : text;
}

}  // namespace kjump::hibernate
