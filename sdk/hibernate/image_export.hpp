// SPDX-License-Identifier: MIT
/// An image as an ELF core file, for gdb, crash and makedumpfile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <kjump/result.hpp>

#include "hibernate/image_reader.hpp"

namespace kjump::hibernate {

struct Exported {
  std::uint64_t file_bytes = 0;     ///< length of the file, holes included
  std::uint64_t written_bytes = 0;  ///< of memory
  std::uint64_t page_offset = 0;
  std::string vmcoreinfo;
};

/// Writes a file that must not exist yet; nothing is left of it when that fails. Pages that are zero, free
/// or were not saved are holes in it. Calls after_batch(done, all) on the way.
[[nodiscard]] Result<Exported> export_core(
    ImageReader& image, const std::string& path,
    const std::function<void(std::uint64_t, std::uint64_t)>& after_batch);

}  // namespace kjump::hibernate
