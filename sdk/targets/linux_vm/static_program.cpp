// SPDX-License-Identifier: MIT
#include "targets/linux_vm/static_program.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

constexpr const char* kBusybox = "/bin/busybox";

Failure not_a_program(const std::string& origin) {
  return fail(ErrorCode::kMalformed, "not an x86-64 ELF program", origin);
}

Result<std::vector<std::byte>> load(const std::filesystem::path& path) {
  KJUMP_TRY(std::vector<std::byte> bytes, read_file(path));
  return loadable_part(std::move(bytes), path.string());
}

}  // namespace

Result<std::vector<std::byte>> loadable_part(std::vector<std::byte> bytes, const std::string& origin) {
  Elf64_Ehdr header{};
  if (bytes.size() < sizeof header) {
    return not_a_program(origin);
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  const bool ours = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                    header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64 &&
                    header.e_phentsize == sizeof(Elf64_Phdr);
  const std::uint64_t table_bytes = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  if (!ours || header.e_phoff > bytes.size() || table_bytes > bytes.size() - header.e_phoff) {
    return not_a_program(origin);
  }
  std::uint64_t end = header.e_phoff + table_bytes;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_INTERP) {
      return fail(ErrorCode::kUnsupported,
                  "the program needs shared libraries, which the guest does not have", origin,
                  "use one that is linked with -static");
    }
    if (segment.p_offset > bytes.size() || segment.p_filesz > bytes.size() - segment.p_offset) {
      return not_a_program(origin);
    }
    end = std::max(end, segment.p_offset + segment.p_filesz);
  }
  header.e_shoff = 0;
  header.e_shnum = 0;
  header.e_shstrndx = SHN_UNDEF;
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.resize(static_cast<std::size_t>(end));
  return bytes;
}

Result<std::vector<std::byte>> busybox_program() {
  auto program = load(kBusybox);
  if (!program) {
    program.error().what = "cannot use busybox for the guest: " + program.error().what;
    program.error().hint = "apt install busybox-static";
  }
  return program;
}

Result<std::vector<std::byte>> agent_program() {
  const char* chosen = std::getenv("KJUMP_AGENT");
  if (chosen != nullptr && *chosen != '\0') {
    return load(chosen);
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || self.filename() != "kjump") {
    return fail(ErrorCode::kInvalid, "do not know which kjump program to put into the guest", self.string(),
                "set KJUMP_AGENT to the path of a statically linked kjump");
  }
  auto program = load("/proc/self/exe");
  if (!program) {
    program.error().subject = self.string();
    program.error().hint = "set KJUMP_AGENT to the path of a statically linked kjump";
  }
  return program;
}

}  // namespace kjump::targets
