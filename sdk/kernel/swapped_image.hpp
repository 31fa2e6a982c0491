// SPDX-License-Identifier: MIT
/// The image that stays loaded for as long as a second kernel in swapped memory lives: while this kernel
/// runs, the second one's memory is in its source pages.
#pragma once

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/loaded_image.hpp"
#include "host/system.hpp"
#include "kernel/registry.hpp"

namespace kjump::two_kernels {

/// What of `memory` the image displaces; an error unless that is all of it.
[[nodiscard]] Result<std::vector<DisplacedRun>> displaced_memory(const LoadedImage& image,
                                                                 const MemoryPiece& memory);

/// Is the image that is loaded this kernel's? An error says why not; `page` is what it last came back with,
/// if it has.
[[nodiscard]] Result<void> check_swapped_image(const System& system, const KernelEntry& entry,
                                               const abi::two_kernels::HandOff* page);

/// Unloads it if it is loaded. An image that is somebody else's stays.
[[nodiscard]] Result<void> unload_swapped_image(System& system, const KernelEntry& entry,
                                                const abi::two_kernels::HandOff* page);

}  // namespace kjump::two_kernels
