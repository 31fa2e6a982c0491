// SPDX-License-Identifier: MIT
#include "link/linked_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "image/areas.hpp"
#include "image/elf_file.hpp"
#include "image/places.hpp"

namespace kjump::linking {
namespace {

using image::ElfFile;
using image::ElfProgramHeader;
using image::ElfSection;
using image::ElfSymbol;

constexpr std::uint32_t page_floor(std::uint32_t address) {
  return address & ~(abi::kPageBytes - 1);
}
constexpr std::uint32_t page_ceiling(std::uint32_t address) {
  return page_floor(address + abi::kPageBytes - 1);
}

/// One PT_LOAD, exact to the byte.
struct Block {
  std::uint32_t begin = 0;  ///< physical
  std::uint32_t end = 0;
  std::span<const std::byte> content;
};

Result<std::vector<Block>> read_blocks(const ElfFile& file, const std::string& origin) {
  std::vector<Block> blocks;
  for (const ElfProgramHeader& header : file.program_headers()) {
    const auto& fields = header.fields;
    if (fields.p_type != PT_LOAD || fields.p_memsz == 0) {
      continue;
    }
    if (fields.p_memsz > abi::kImageEnd || fields.p_paddr > abi::kImageEnd - fields.p_memsz ||
        fields.p_filesz > fields.p_memsz) {
      return fail(ErrorCode::kLimit,
                  fmt::format("the payload does not fit: {:#x} bytes at {:#x} reach above {:#x}",
                              fields.p_memsz, fields.p_paddr, abi::kImageEnd),
                  image::at(origin, header.offset), "make code and data smaller");
    }
    KJUMP_TRY(const auto content,
              file.slice(fields.p_offset, fields.p_filesz, "segment content", header.offset));
    blocks.push_back({static_cast<std::uint32_t>(fields.p_paddr),
                      static_cast<std::uint32_t>(fields.p_paddr + fields.p_memsz), content});
  }
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i].begin < blocks[i - 1].end) {
      return fail(
          ErrorCode::kMalformed,
          fmt::format("two parts of the payload lie at the same physical address {:#x}", blocks[i].begin),
          origin, "correct the linker script");
    }
  }
  return blocks;
}

/// Should the block go into the segment? It must when they share a page. It may when they touch inside
/// one area and not a page of zeros comes into the file through it: fewer segments are easier to read.
bool belongs_to(const Segment& segment, const Block& block) {
  const std::uint32_t begin = page_floor(block.begin);
  if (begin != segment.end()) {
    return begin < segment.end();
  }
  const std::uint32_t content_end = segment.address + static_cast<std::uint32_t>(segment.content.size());
  const bool free_of_charge = block.content.empty() || block.begin - content_end < abi::kPageBytes;
  return free_of_charge && image::area_name(begin) == image::area_name(segment.address);
}

std::vector<Segment> make_segments(const std::vector<Block>& blocks) {
  std::vector<Segment> segments;
  for (const Block& block : blocks) {
    if (segments.empty() || !belongs_to(segments.back(), block)) {
      segments.push_back({page_floor(block.begin), 0, {}});
    }
    Segment& segment = segments.back();
    segment.memory_bytes = page_ceiling(block.end) - segment.address;
    if (!block.content.empty()) {
      segment.content.resize(block.begin - segment.address);  // zeros in front and between
      segment.content.insert(segment.content.end(), block.content.begin(), block.content.end());
    }
  }
  return segments;
}

/// The PT_LOAD in whose virtual range a section lies. A section of no bytes may stand at its very end.
const GElf_Phdr* program_of(const ElfFile& file, const ElfSection& section) {
  const GElf_Phdr* at_end = nullptr;
  for (const ElfProgramHeader& header : file.program_headers()) {
    const auto& fields = header.fields;
    if (fields.p_type != PT_LOAD || section.fields.sh_addr < fields.p_vaddr) {
      continue;
    }
    const std::uint64_t offset = section.fields.sh_addr - fields.p_vaddr;
    if (offset < fields.p_memsz) {
      return &fields;
    }
    at_end = offset == fields.p_memsz ? &fields : at_end;
  }
  return at_end;
}

Result<std::vector<Symbol>> read_symbols(const ElfFile& file) {
  KJUMP_TRY(const auto sections, file.sections());
  KJUMP_TRY(const auto entries, file.symbols(sections));
  std::vector<Symbol> symbols;
  for (const ElfSymbol& entry : entries) {
    // Absolute symbols are the numbers that we passed with --defsym, not places.
    const bool placed = entry.section != SHN_UNDEF && entry.section < sections.size() &&
                        (sections[entry.section].fields.sh_flags & SHF_ALLOC) != 0;
    if (!placed || entry.name.empty() || entry.type == STT_SECTION || entry.type == STT_FILE) {
      continue;
    }
    if (const GElf_Phdr* program = program_of(file, sections[entry.section])) {
      const auto address = static_cast<std::uint32_t>(entry.value - program->p_vaddr + program->p_paddr);
      symbols.push_back({std::string(entry.name), address, static_cast<std::uint32_t>(entry.bytes)});
    }
  }
  return symbols;
}

}  // namespace

std::optional<std::uint32_t> LinkedFile::find(std::string_view symbol) const {
  const auto found = std::find_if(symbols.begin(), symbols.end(),
                                  [&](const Symbol& candidate) { return candidate.name == symbol; });
  return found == symbols.end() ? std::nullopt : std::optional(found->address);
}

Result<LinkedFile> read_linked(std::span<const std::byte> bytes, const image::Mode& mode,
                               const std::string& origin) {
  const image::ElfKind kind{mode.elf_class, ET_EXEC, mode.machine, "what ld.lld makes (an ELF executable)"};
  KJUMP_TRY(const ElfFile file, ElfFile::parse(bytes, origin, kind));
  KJUMP_TRY(const auto blocks, read_blocks(file, origin));
  LinkedFile result;
  result.segments = make_segments(blocks);
  KJUMP_TRY(result.symbols, read_symbols(file));
  KJUMP_TRY(const auto sections, file.sections());
  KJUMP_TRY(result.line_tables.lines, file.content_of(sections, image::kLineSection));
  KJUMP_TRY(result.line_tables.strings, file.content_of(sections, image::kLineStringSection));
  return result;
}

}  // namespace kjump::linking
