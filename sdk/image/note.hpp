// SPDX-License-Identifier: MIT
/// The KJUMP note between bytes and host types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/image.hpp>

namespace kjump::image {

/// A note's descriptor and where it stands in the file.
struct NoteDescriptor {
  std::span<const std::byte> bytes;
  std::uint64_t offset = 0;
};

/// Looks for the KJUMP note among the notes of one PT_NOTE. `offset` is the file offset of `notes`;
/// `alignment` the program header's. Nothing when all notes are somebody else's.
[[nodiscard]] Result<std::optional<NoteDescriptor>> find_note(std::span<const std::byte> notes,
                                                              std::uint64_t alignment,
                                                              const std::string& origin,
                                                              std::uint64_t offset);

/// Reads a descriptor. Checks what must hold to read it at all: version, size, ends of strings.
/// What it says is for check() to judge.
[[nodiscard]] Result<ImageInfo> decode_note(const NoteDescriptor& descriptor, const std::string& origin);

/// The whole note: header, name, descriptor. Strings must fit, see check().
[[nodiscard]] std::vector<std::byte> encode_note(const ImageInfo& info);

/// Fails for a format that this program does not know. `subject` says where the number stands.
[[nodiscard]] Result<void> check_format_version(std::uint16_t version, const std::string& subject);

}  // namespace kjump::image
