// SPDX-License-Identifier: MIT
/// From a path to the images in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/result.hpp>

#include "hibernate/image_reader.hpp"
#include "hibernate/store.hpp"

namespace kjump::hibernate {

/// A store on a device, a prepared file, a plain copy of a store (a regular file that begins with it), or,
/// with `sector`, the store that begins at that sector of a disk or of a copy of a whole disk.
[[nodiscard]] Result<Store> open_for_reading(const std::string& path,
                                             std::optional<std::uint64_t> sector = std::nullopt);

/// The slot with that generation; none given: the newest.
[[nodiscard]] Result<Slot> find_slot(const Store& store, std::optional<std::uint64_t> generation);

/// The store must outlive it.
[[nodiscard]] Result<ImageReader> open_image(const Store& store, const Slot& slot);

/// Release of the kernel in the image; empty: its header is damaged.
[[nodiscard]] std::string kernel_of(const Store& store, const Slot& slot);

}  // namespace kjump::hibernate
