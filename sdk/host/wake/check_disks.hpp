// SPDX-License-Identifier: MIT
/// May a payload transfer sectors by INT 13h after firmware has woken the machine?
#pragma once

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// An error that names the controller where that is known to hang or to fail: firmware's S3 path does not set
/// disk controllers up again. Measured with SeaBIOS 1.16.2: works on IDE, hangs on virtio, "medium
/// not supported" on AHCI and NVMe (docs/doors.md).
[[nodiscard]] Result<void> check_sector_transfers(const System& system);

}  // namespace kjump
