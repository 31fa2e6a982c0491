// SPDX-License-Identifier: MIT
// Bytes.
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <libelf.h>
#include <unistd.h>

#include "bench/numbers.hpp"

namespace kjump::bench {

namespace fs = std::filesystem;

namespace {

/// Bytes of executable sections in those members of the stub's archive whose names end in `suffix`.
std::uint64_t code_bytes(const std::string& suffix) {
  const auto archive = fs::path(KJUMP_SUPPORT_DIR) / "libkjump-stub.a";
  elf_version(EV_CURRENT);
  const int fd = open(archive.c_str(), O_RDONLY | O_CLOEXEC);
  std::uint64_t bytes = 0;
  Elf* whole = elf_begin(fd, ELF_C_READ, nullptr);
  Elf_Cmd command = ELF_C_READ;
  while (Elf* member = elf_begin(fd, command, whole)) {
    const Elf_Arhdr* member_header = elf_getarhdr(member);
    const bool wanted = member_header != nullptr && std::string(member_header->ar_name).ends_with(suffix);
    for (Elf_Scn* section = nullptr; wanted && (section = elf_nextscn(member, section)) != nullptr;) {
      if (const Elf32_Shdr* header = elf32_getshdr(section);
          header != nullptr && (header->sh_flags & SHF_EXECINSTR) != 0) {
        bytes += header->sh_size;
      }
    }
    command = elf_next(member);
    elf_end(member);
  }
  elf_end(whole);
  close(fd);
  return bytes;
}

}  // namespace

Number stub_and_thunk() {
  return {
      static_cast<double>(code_bytes(".asm.o") - code_bytes("exceptions.asm.o")), "bytes", 2048,
      "machine code of the entries of both doors, mode transitions and thunk (assembly in libkjump-stub.a)"};
}

Number fault_handlers() {
  return {static_cast<double>(code_bytes("exceptions.asm.o")), "bytes", std::nullopt,
          "machine code that tells exceptions from interrupts and ends the payload (assembly in "
          "libkjump-stub.a)"};
}

Number supervisor() {
  return {static_cast<double>(code_bytes(".cpp.o")), "bytes", std::nullopt,
          "machine code that saves, sets and restores interrupt hardware and fills the exchange (C++ in "
          "libkjump-stub.a)"};
}

Number smallest_image() {
  return {static_cast<double>(fs::file_size(image("bench_empty"))), "bytes", std::nullopt,
          "file of a real-mode image whose kjump_main returns at once, symbols included"};
}

}  // namespace kjump::bench
