// SPDX-License-Identifier: MIT
/// Which door a session takes.
#pragma once

#include <memory>
#include <string>

#include <kjump/door.hpp>
#include <kjump/image.hpp>

#include "host/system.hpp"

namespace kjump {

struct ChosenDoor {
  std::unique_ptr<Door> way;
  std::string why;  ///< in words
};

/// The door that `options` ask for, if it opens. kAuto: kexec where the kernel can, else wake; somebody
/// else's use of the kexec door is an error, not a reason to take the other one.
[[nodiscard]] Result<ChosenDoor> choose_door(System& system, const DoorOptions& options,
                                             const ImageInfo& info);

}  // namespace kjump
