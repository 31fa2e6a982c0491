// SPDX-License-Identifier: MIT
/// The image at the kexec door that must stay loaded between jumps: a second kernel's, whose memory the
/// kernel holds in the image's source pages. A file says whose, so that whoever finds the door taken is told.
#pragma once

#include <string>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// The second kernel's name, or empty. Says nothing of whether the image is still loaded.
[[nodiscard]] std::string kept_image_of(const System& system);
[[nodiscard]] Result<void> note_kept_image(const System& system, const std::string& name);
void forget_kept_image(const System& system);

}  // namespace kjump
