// SPDX-License-Identifier: MIT
#include "targets/linux_vm/static_program.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "targets/linux_vm/source_script.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

constexpr const char* kBusybox = "/bin/busybox";
constexpr const char* kSelf = "/proc/self/exe";
constexpr const char* kAgentFor32 = "kjump-i386";

struct Elf64 {
  using FileHeader = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  static constexpr unsigned char kClass = ELFCLASS64;
  static constexpr std::uint16_t kMachine = EM_X86_64;
  static constexpr const char* kName = "x86-64";
};

struct Elf32 {
  using FileHeader = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  static constexpr unsigned char kClass = ELFCLASS32;
  static constexpr std::uint16_t kMachine = EM_386;
  static constexpr const char* kName = "i386";
};

template <typename Elf>
Result<std::vector<std::byte>> loadable(std::vector<std::byte> bytes, const std::string& origin) {
  using Segment = typename Elf::Segment;
  const auto not_a_program = [&] {
    return fail(ErrorCode::kMalformed, std::string("not an ") + Elf::kName + " ELF program", origin);
  };
  typename Elf::FileHeader header{};
  if (bytes.size() < sizeof header) {
    return not_a_program();
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  const bool ours = std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                    header.e_ident[EI_CLASS] == Elf::kClass && header.e_machine == Elf::kMachine &&
                    header.e_phentsize == sizeof(Segment);
  const std::uint64_t table_bytes = std::uint64_t{header.e_phnum} * sizeof(Segment);
  if (!ours || header.e_phoff > bytes.size() || table_bytes > bytes.size() - header.e_phoff) {
    return not_a_program();
  }
  std::uint64_t end = header.e_phoff + table_bytes;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_INTERP) {
      return fail(ErrorCode::kUnsupported,
                  "the program needs shared libraries, which the guest does not have", origin,
                  "use one that is linked with -static");
    }
    if (segment.p_offset > bytes.size() || segment.p_filesz > bytes.size() - segment.p_offset) {
      return not_a_program();
    }
    end = std::max<std::uint64_t>(end, segment.p_offset + segment.p_filesz);
  }
  header.e_shoff = 0;
  header.e_shnum = 0;
  header.e_shstrndx = SHN_UNDEF;
  std::memcpy(bytes.data(), &header, sizeof header);
  bytes.resize(static_cast<std::size_t>(end));
  return bytes;
}

Result<std::vector<std::byte>> load(const std::filesystem::path& path, Width width) {
  KJUMP_TRY(std::vector<std::byte> bytes, read_file(path));
  return loadable_part(std::move(bytes), width, path.string());
}

// busybox and kjump-i386 come the same way.
std::string hint_for_32() {
  return "once: " + source_script("i386").string() + ", then build kjump again";
}

Result<std::filesystem::path> busybox_path(Width width) {
  if (width == Width::k64) {
    return kBusybox;
  }
  KJUMP_TRY(const ScriptAnswer libraries, path_from_script(source_script("i386"), {}));
  return libraries.path.string() + kBusybox;
}

// The program itself and its name; both are the same but for a program that was removed while it runs.
struct Agent {
  std::filesystem::path path, name;
};

Result<Agent> agent_path() {
  const char* chosen = std::getenv("KJUMP_AGENT");
  if (chosen != nullptr && *chosen != '\0') {
    return Agent{chosen, chosen};
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink(kSelf, error);
  if (error || self.filename() != "kjump") {
    return fail(ErrorCode::kInvalid, "do not know which kjump program to put into the guest", self.string(),
                "set KJUMP_AGENT to the path of a statically linked kjump");
  }
  return Agent{kSelf, self};
}

}  // namespace

Result<std::vector<std::byte>> loadable_part(std::vector<std::byte> bytes, Width width,
                                             const std::string& origin) {
  return width == Width::k64 ? loadable<Elf64>(std::move(bytes), origin)
                             : loadable<Elf32>(std::move(bytes), origin);
}

Result<std::vector<std::byte>> busybox_program(Width width) {
  KJUMP_TRY(const std::filesystem::path path, busybox_path(width));
  auto program = load(path, width);
  if (!program) {
    program.error().what = "cannot use busybox for the guest: " + program.error().what;
    program.error().hint = width == Width::k64 ? "apt install busybox-static" : hint_for_32();
  }
  return program;
}

Result<std::vector<std::byte>> agent_program(Width width) {
  KJUMP_TRY(const Agent agent, agent_path());
  const bool itself = width == Width::k64;
  const std::filesystem::path name = itself ? agent.name : agent.name.parent_path() / kAgentFor32;
  auto program = load(itself ? agent.path : name, width);
  if (!program) {
    program.error().what = "cannot use this kjump in the guest: " + program.error().what;
    program.error().subject = name.string();
    program.error().hint =
        itself ? "set KJUMP_AGENT to the path of a statically linked kjump" : hint_for_32();
  }
  return program;
}

}  // namespace kjump::targets
