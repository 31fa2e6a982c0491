// SPDX-License-Identifier: MIT
/// Image::open and Image::parse: from bytes to a checked image.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <kjump/image.hpp>

#include "image/areas.hpp"
#include "image/check.hpp"
#include "image/elf_file.hpp"
#include "image/file_io.hpp"
#include "image/note.hpp"
#include "image/segments.hpp"

namespace kjump {
namespace {

using image::at;
using image::ElfFile;
using image::ElfProgramHeader;

constexpr image::ElfKind kImageKind{ELFCLASS64, ET_EXEC, EM_X86_64, "a jump image (x86-64 ELF executable)"};

Result<image::NoteDescriptor> the_note(const ElfFile& file, const std::string& origin) {
  std::optional<image::NoteDescriptor> found;
  for (const ElfProgramHeader& header : file.program_headers()) {
    if (header.fields.p_type != PT_NOTE) {
      continue;
    }
    const auto& fields = header.fields;
    KJUMP_TRY(const auto bytes, file.slice(fields.p_offset, fields.p_filesz, "note segment", header.offset));
    KJUMP_TRY(const auto note, image::find_note(bytes, fields.p_align, origin, fields.p_offset));
    if (note && found) {
      return fail(ErrorCode::kMalformed, "the file has two KJUMP notes", at(origin, note->offset));
    }
    found = note ? note : found;
  }
  if (!found) {
    return fail(ErrorCode::kMalformed, "not a jump image: the ELF file has no KJUMP note",
                at(origin, file.header().e_phoff), "make images with `kjump link`");
  }
  return *found;
}

/// A segment and where it came from, sorted together.
struct Piece {
  Segment segment;
  image::SegmentPlace place;
};

Result<Piece> read_piece(const ElfFile& file, const ElfProgramHeader& header, const std::string& origin) {
  const auto& fields = header.fields;
  const std::string subject = at(origin, header.offset);
  if (fields.p_vaddr != fields.p_paddr) {
    return fail(ErrorCode::kMalformed,
                fmt::format("a segment's virtual address {:#x} differs from its physical address {:#x}",
                            fields.p_vaddr, fields.p_paddr),
                subject, "the file is not as `kjump link` wrote it");
  }
  // Before the content is copied: a file may ask for much of it, many times over.
  KJUMP_CHECK(image::check_range(fields.p_paddr, fields.p_memsz, fields.p_filesz, subject));
  KJUMP_TRY(const auto content,
            file.slice(fields.p_offset, fields.p_filesz, "segment content", header.offset));
  return Piece{{static_cast<std::uint32_t>(fields.p_paddr),
                static_cast<std::uint32_t>(fields.p_memsz),
                {content.begin(), content.end()}},
               {header.offset, fields.p_offset}};
}

Result<std::vector<Piece>> read_pieces(const ElfFile& file, const std::string& origin) {
  std::vector<Piece> pieces;
  for (const ElfProgramHeader& header : file.program_headers()) {
    if (header.fields.p_type != PT_LOAD) {
      continue;
    }
    if (pieces.size() == image::kMaxSegments) {
      return fail(
          ErrorCode::kLimit,
          fmt::format("the image has more than {} segments; kexec takes no more", image::kMaxSegments),
          at(origin, header.offset));
    }
    KJUMP_TRY(Piece piece, read_piece(file, header, origin));
    pieces.push_back(std::move(piece));
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.segment.address < b.segment.address; });
  return pieces;
}

Result<std::vector<Symbol>> read_symbols(const ElfFile& file, const std::string& origin) {
  KJUMP_TRY(const auto sections, file.sections());
  KJUMP_TRY(const auto entries, file.symbols(sections));
  std::vector<Symbol> symbols;
  std::size_t name_bytes = 0;
  for (const image::ElfSymbol& entry : entries) {
    if (entry.name.empty() || entry.section == SHN_UNDEF || entry.type == STT_SECTION ||
        entry.type == STT_FILE) {
      continue;
    }
    // Many symbols may share one enormous name; refuse before copying it again and again.
    name_bytes += entry.name.size();
    if (entry.value > UINT32_MAX || entry.bytes > UINT32_MAX || name_bytes > image::kMaxSymbolNameBytes) {
      return fail(ErrorCode::kMalformed, "a symbol's address, size or name is out of range",
                  at(origin, entry.offset), "strip the image");
    }
    KJUMP_CHECK(image::check_symbol_name(entry.name, at(origin, entry.offset)));
    symbols.push_back({std::string(entry.name), static_cast<std::uint32_t>(entry.value),
                       static_cast<std::uint32_t>(entry.bytes)});
  }
  return symbols;
}

}  // namespace

Result<Image> Image::open(const std::filesystem::path& path, const std::optional<Sha256>& pinned) {
  KJUMP_TRY(const auto bytes, image::read_file(path));
  if (pinned && Sha256::of(bytes) != *pinned) {
    return fail(ErrorCode::kForbidden,
                fmt::format("not the image that was pinned: its SHA-256 is {}, wanted {}",
                            Sha256::of(bytes).hex(), pinned->hex()),
                path.string(), "get the right file, or pin this one if you trust it");
  }
  return parse(bytes, path.string());
}

Result<Image> Image::parse(std::span<const std::byte> bytes, const std::string& origin) {
  KJUMP_TRY(const ElfFile file, ElfFile::parse(bytes, origin, kImageKind));
  KJUMP_TRY(const auto note, the_note(file, origin));
  Image result;
  KJUMP_TRY(result.info_, image::decode_note(note, origin));
  KJUMP_TRY(std::vector<Piece> pieces, read_pieces(file, origin));
  KJUMP_TRY(result.symbols_, read_symbols(file, origin));
  KJUMP_TRY(const auto sections, file.sections());
  KJUMP_TRY(result.line_tables_.lines, file.content_of(sections, image::kLineSection));
  KJUMP_TRY(result.line_tables_.strings, file.content_of(sections, image::kLineStringSection));
  image::Places places{origin, file.header().e_phoff, note.offset, {}};
  for (Piece& piece : pieces) {
    result.segments_.push_back(std::move(piece.segment));
    places.segments.push_back(piece.place);
  }
  KJUMP_CHECK(image::check(result.info_, result.segments_, result.symbols_, places));
  if (file.header().e_entry != result.info_.kexec_entry) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the ELF entry {:#x} differs from the note's kexec entry {:#x}",
                            file.header().e_entry, result.info_.kexec_entry),
                at(origin, offsetof(Elf64_Ehdr, e_entry)), "link the image again");
  }
  return result;
}

}  // namespace kjump
