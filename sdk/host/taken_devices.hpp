// SPDX-License-Identifier: MIT
/// Devices that firmware has set up at boot and that have been taken from it since, from sysfs. Each function
/// gives the first such device in words ("PCI device 0000:00:04.0, class 0x010601, driver ahci"), or nothing.
#pragma once

#include <optional>
#include <string>

#include "host/system.hpp"

namespace kjump {

/// A disk controller that a driver of Linux has set up anew, or any when firmware has just woken the machine,
/// since its S3 path sets none up. IDE and floppy controllers are as they were: they have no memory of their
/// own that firmware would have to know.
[[nodiscard]] std::optional<std::string> taken_disk_controller(const System& system, bool woken);

/// A video card with a native driver; drivers that only use firmware's framebuffer do not count.
[[nodiscard]] std::optional<std::string> taken_video_card(const System& system);

/// A USB keyboard: firmware's emulation of a PS/2 keyboard ended when Linux took the controller (T58).
[[nodiscard]] std::optional<std::string> taken_keyboard(const System& system);

}  // namespace kjump
