// SPDX-License-Identifier: MIT
#include "image/note.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "image/places.hpp"

namespace kjump::image {
namespace {

constexpr std::uint64_t kNameAlignment = 4;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

bool is_kjump(const Elf64_Nhdr& header, std::span<const std::byte> name) {
  return header.n_type == abi::kNoteType && name.size() == sizeof abi::kNoteName &&
         std::memcmp(name.data(), static_cast<const void*>(abi::kNoteName), name.size()) == 0;
}

template <std::size_t size>
Result<std::string> text_field(const char (&field)[size], std::string_view name, const std::string& subject) {
  const std::string_view all(static_cast<const char*>(field), size);
  const auto end = all.find('\0');
  if (end == std::string_view::npos) {
    return fail(ErrorCode::kMalformed, fmt::format("the note's {} has no end", name), subject);
  }
  return std::string(all.substr(0, end));
}

template <std::size_t size>
void put_text(char (&field)[size], const std::string& text) {
  std::memcpy(static_cast<void*>(field), text.data(), std::min(text.size(), size - 1));
}

}  // namespace

Result<std::optional<NoteDescriptor>> find_note(std::span<const std::byte> notes, std::uint64_t alignment,
                                                const std::string& origin, std::uint64_t offset) {
  // The gABI wants 8 in 64-bit files, everybody writes 4; those who write 8 say so in p_align.
  const std::uint64_t padding = alignment == 8 ? 8 : 4;
  std::size_t position = 0;
  while (position < notes.size()) {
    const auto rest = notes.subspan(position);
    Elf64_Nhdr header;
    const auto cut_off = [&] {
      return fail(ErrorCode::kMalformed, "a note is cut off", at(origin, offset + position));
    };
    if (rest.size() < sizeof header) {
      return cut_off();
    }
    std::memcpy(&header, rest.data(), sizeof header);
    const std::uint64_t descriptor =
        round_up(sizeof header + round_up(header.n_namesz, kNameAlignment), padding);
    if (descriptor > rest.size() || header.n_descsz > rest.size() - descriptor) {
      return cut_off();
    }
    if (is_kjump(header, rest.subspan(sizeof header, header.n_namesz))) {
      return NoteDescriptor{rest.subspan(static_cast<std::size_t>(descriptor), header.n_descsz),
                            offset + position + descriptor};
    }
    // The padding of the last note may be missing.
    const std::uint64_t next = round_up(descriptor + header.n_descsz, padding);
    position += static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), next));
  }
  return std::nullopt;
}

Result<void> check_format_version(std::uint16_t version, const std::string& subject) {
  if (version > abi::kNoteFormatVersion) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("image format {} is newer than this kjump ({})", version, abi::kNoteFormatVersion),
        subject, "update kjump, or link the image with this version");
  }
  if (version != abi::kNoteFormatVersion) {
    return fail(ErrorCode::kMalformed, fmt::format("image format {} never existed", version), subject,
                "link the image again");
  }
  return {};
}

Result<ImageInfo> decode_note(const NoteDescriptor& descriptor, const std::string& origin) {
  const auto bytes = descriptor.bytes;
  const auto field = [&](std::size_t position) { return at(origin, descriptor.offset + position); };
  abi::ImageNote note{};
  // A newer format may be of any size: look at the version before the rest.
  if (bytes.size() < offsetof(abi::ImageNote, flags)) {
    return fail(ErrorCode::kMalformed, "cannot read the note: descriptor is cut off", field(bytes.size()));
  }
  std::memcpy(&note, bytes.data(), offsetof(abi::ImageNote, flags));
  KJUMP_CHECK(check_format_version(note.format_version, field(offsetof(abi::ImageNote, format_version))));
  if (note.note_bytes < abi::kImageNoteLeastBytes || note.note_bytes > bytes.size()) {
    return fail(ErrorCode::kMalformed,
                fmt::format("cannot read the note: it says {} bytes, the descriptor has {}, format {} has {}",
                            note.note_bytes, bytes.size(), note.format_version, abi::kImageNoteLeastBytes),
                field(offsetof(abi::ImageNote, note_bytes)),
                "the file is cut off or damaged; build it again");
  }
  std::memcpy(&note, bytes.data(), std::min<std::size_t>(note.note_bytes, sizeof note));
  ImageInfo info;
  info.format_version = note.format_version;
  info.mode = static_cast<abi::PayloadMode>(note.mode);
  info.flags = note.flags;
  info.kexec_entry = note.kexec_entry;
  info.wake_entry = note.wake_entry;
  info.parameters = note.parameters;
  info.memory_map = note.memory_map;
  info.boot_entry = note.boot_entry;
  info.boot_entry_flat = note.boot_entry_flat;
  info.exchange_base = note.exchange_base;
  info.exchange_bytes = note.exchange_bytes;
  info.deadline_ms = note.deadline_ms;
  KJUMP_TRY(info.name, text_field(note.name, "name", field(offsetof(abi::ImageNote, name))));
  KJUMP_TRY(info.version, text_field(note.version, "version", field(offsetof(abi::ImageNote, version))));
  KJUMP_TRY(info.description,
            text_field(note.description, "description", field(offsetof(abi::ImageNote, description))));
  return info;
}

std::vector<std::byte> encode_note(const ImageInfo& info) {
  abi::ImageNote note{};
  note.format_version = info.format_version;
  note.note_bytes = abi::kImageNoteBytes;
  note.flags = info.flags;
  note.mode = static_cast<std::uint16_t>(info.mode);
  note.kexec_entry = info.kexec_entry;
  note.wake_entry = info.wake_entry;
  note.parameters = info.parameters;
  note.memory_map = info.memory_map;
  note.boot_entry = info.boot_entry;
  note.boot_entry_flat = info.boot_entry_flat;
  note.exchange_base = info.exchange_base;
  note.exchange_bytes = info.exchange_bytes;
  note.deadline_ms = info.deadline_ms;
  put_text(note.name, info.name);
  put_text(note.version, info.version);
  put_text(note.description, info.description);

  const Elf64_Nhdr header{sizeof abi::kNoteName, sizeof note, abi::kNoteType};
  const std::uint64_t descriptor = sizeof header + round_up(sizeof abi::kNoteName, kNameAlignment);
  std::vector<std::byte> bytes(descriptor + sizeof note);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, static_cast<const void*>(abi::kNoteName), sizeof abi::kNoteName);
  std::memcpy(bytes.data() + descriptor, &note, sizeof note);
  return bytes;
}

}  // namespace kjump::image
