// SPDX-License-Identifier: MIT
/// Where the pages are that a loaded kexec image displaces: the kernel's "backup pages map".
///
/// While Linux runs, what the image holds lies in the source pages; in a jump they hold what Linux had at the
/// image's addresses (kexec_jump.md 4, "swap_pages").
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// Pages that lie side by side at both places.
struct DisplacedRun {
  std::uint64_t address = 0;  ///< where the image has them
  std::uint64_t bytes = 0;
  std::uint64_t source = 0;  ///< the same as `address` for pages that were free when the image was loaded

  [[nodiscard]] std::uint64_t end() const { return address + bytes; }
};

/// Reads a page at a physical address.
using ReadPage = std::function<Result<std::string>(std::uint64_t)>;

/// Follows the list of struct kimage that begins with `head` (include/linux/kexec.h: kimage_entry_t), whose
/// entries are as long as the kernel's words. In the order in which the kernel swaps.
[[nodiscard]] Result<std::vector<DisplacedRun>> walk_page_map(std::uint64_t head, std::size_t word_bytes,
                                                              const ReadPage& read_page);

struct LoadedImage {
  std::uint64_t head = 0;  ///< of the list
  std::vector<DisplacedRun> runs;
};

/// Of the image at the kexec door of the running kernel; an error when there is none.
[[nodiscard]] Result<LoadedImage> read_loaded_image(const System& system);

/// Is this number among the 64-bit ones in the source pages of [start, end)? An error when it is not, but a
/// page could not be read: an i386 kernel's high memory is not in its core file.
[[nodiscard]] Result<bool> image_contains(const System& system, const LoadedImage& image, std::uint64_t start,
                                          std::uint64_t end, std::uint64_t number);

}  // namespace kjump
