// SPDX-License-Identifier: MIT
#include <array>
#include <string_view>
#include <utility>

#include <kjump/target.hpp>

namespace kjump {

Result<Disk> parse_disk(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, DiskBus>, 4> kBuses{{{"ide", DiskBus::kIde},
                                                                               {"ahci", DiskBus::kAhci},
                                                                               {"nvme", DiskBus::kNvme},
                                                                               {"virtio", DiskBus::kVirtio}}};
  Disk disk;
  disk.path = text;
  if (const auto colon = text.rfind(':'); colon != std::string::npos) {
    const std::string bus = text.substr(colon + 1);
    for (const auto& [name, value] : kBuses) {
      if (bus == name) {
        disk.path = text.substr(0, colon);
        disk.bus = value;
        return disk;
      }
    }
    return fail(ErrorCode::kInvalid, "unknown disk bus '" + bus + "'", text, "use ide, ahci, nvme or virtio");
  }
  return disk;
}

}  // namespace kjump
