// SPDX-License-Identifier: MIT
/// Which source line an address comes from.
#pragma once

#include <cstdint>
#include <string>

#include <kjump/image.hpp>

namespace kjump::image {

/// "FILE:LINE" for an address as the linker knows it; empty when the line tables do not say, or are damaged.
/// A file's name is the image's word: what a terminal would obey is taken out of it.
[[nodiscard]] std::string source_line(const Image& image, std::uint64_t address);

}  // namespace kjump::image
