// SPDX-License-Identifier: MIT
// Files that are no longer what `kjump link` wrote. Only those damages are listed that must be refused; that
// no damage whatever crashes the parser is for the fuzzers to show.
#include <elf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <utility>

#include <kjump/digest.hpp>
#include <kjump/image.hpp>

#include "bench/fault_matrix.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

using Bytes = std::vector<std::byte>;

constexpr const char* kRefused = "refused";

const Bytes& sound_bytes() {
  static const Bytes bytes = must(must(Image::open(image("bench_empty"))).serialize());
  return bytes;
}

std::string parse(const Bytes& bytes) {
  return Image::parse(bytes, "injected") ? "taken" : kRefused;
}

std::string cut_to(std::size_t length) {
  const Bytes& sound = sound_bytes();
  return parse(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(length)));
}

std::string with_flipped_bit(std::size_t offset, unsigned bit) {
  Bytes bytes = sound_bytes();
  bytes.at(offset) ^= std::byte{1} << bit;
  return parse(bytes);
}

// A bit of the code: nothing in the file tells, but the hash that the user has pinned.
std::string flipped_and_pinned() {
  Bytes bytes = sound_bytes();
  const Sha256 pinned = Sha256::of(bytes);
  const Image whole = must(Image::parse(bytes, "sound"));
  const auto& content = whole.segments().front().content;
  const auto code = std::search(bytes.begin(), bytes.end(), content.begin(), content.end());
  if (code == bytes.end()) {
    return "no code found";
  }
  code[0x80] ^= std::byte{1};
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("kjump-pinned-{}", ::getpid());
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const bool unpinned = Image::open(file).has_value();
  const bool taken = Image::open(file, pinned).has_value();
  std::filesystem::remove(file);
  return !unpinned ? "refused without the hash, too" : taken ? "taken" : kRefused;
}

}  // namespace

std::vector<Injection> image_injections() {
  std::vector<Injection> list;
  const std::size_t whole = sound_bytes().size();
  const std::size_t first_program = sizeof(Elf64_Ehdr);
  const std::size_t first_load = first_program + sizeof(Elf64_Phdr);
  for (const auto& [length, what] : {std::pair<std::size_t, const char*>{0, "nothing left"},
                                     {1, "one byte left"},
                                     {sizeof(Elf64_Ehdr) - 1, "cut in the ELF header"},
                                     {first_load - 1, "cut in the program headers"},
                                     {first_load + sizeof(Elf64_Phdr), "cut behind the second of them"},
                                     {whole / 2, "cut in half"},
                                     {whole - sizeof(Elf64_Shdr), "one section header less"},
                                     {whole - 1, "one byte less"}}) {
    list.push_back({"image file", what, kRefused, [length = length] { return cut_to(length); }});
  }
  struct Flip {
    const char* what;
    std::size_t offset;
    unsigned bit;
  };
  for (const Flip& flip :
       {Flip{"ELF magic", 1, 0}, Flip{"class", EI_CLASS, 0},
        Flip{"machine", offsetof(Elf64_Ehdr, e_machine), 0}, Flip{"entry", offsetof(Elf64_Ehdr, e_entry), 4},
        Flip{"number of program headers", offsetof(Elf64_Ehdr, e_phnum) + 1, 7},
        Flip{"place of the program headers", offsetof(Elf64_Ehdr, e_phoff), 5},
        Flip{"place of the note", first_program + offsetof(Elf64_Phdr, p_offset), 6},
        Flip{"physical address", first_load + offsetof(Elf64_Phdr, p_paddr) + 2, 3},
        Flip{"address, virtual only", first_load + offsetof(Elf64_Phdr, p_vaddr) + 1, 4},
        Flip{"memory size", first_load + offsetof(Elf64_Phdr, p_memsz) + 3, 7},
        Flip{"content size", first_load + offsetof(Elf64_Phdr, p_filesz) + 3, 7},
        Flip{"place of the section headers", offsetof(Elf64_Ehdr, e_shoff) + 3, 6}}) {
    list.push_back({"image file", fmt::format("a bit flipped: {}", flip.what), kRefused,
                    [flip] { return with_flipped_bit(flip.offset, flip.bit); }});
  }
  list.push_back({"image file", "a bit flipped: code, hash pinned", kRefused, flipped_and_pinned});
  return list;
}

}  // namespace kjump::bench
