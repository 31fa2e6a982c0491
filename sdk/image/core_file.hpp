// SPDX-License-Identifier: MIT
/// What ELF core files of a kernel are made of: headers, and notes as Linux' own crash dumps have them.
/// 64-bit files of x86_64 kernels.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kjump::core_file {

// struct elf_prstatus of an x86_64 kernel (linux/elfcore.h); <sys/procfs.h> has the one of this program,
// which may be of 32 bits. The registers in it are struct user_regs_struct (asm/user_64.h).
inline constexpr std::size_t kStatusBytes = 336;
inline constexpr std::size_t kStatusPid = 32;
inline constexpr std::size_t kStatusRegisters = 112;
inline constexpr std::size_t kRegistersBytes = 27 * sizeof(std::uint64_t);
static_assert(kStatusRegisters + kRegistersBytes < kStatusBytes);

inline constexpr std::string_view kStatusName = "CORE";
inline constexpr std::string_view kVmcoreinfoName = "VMCOREINFO";

[[nodiscard]] Elf64_Ehdr file_header(std::size_t segments);
[[nodiscard]] Elf64_Phdr load_segment(std::uint64_t offset, std::uint64_t virtual_address,
                                      std::uint64_t physical, std::uint64_t bytes);
[[nodiscard]] Elf64_Phdr note_segment(std::uint64_t offset, std::uint64_t bytes);

void append_note(std::vector<std::byte>& notes, std::string_view name, std::uint32_t type,
                 std::span<const std::byte> content);
/// Where the content of a note of this name begins, counted from the note's first byte.
[[nodiscard]] std::size_t content_offset(std::string_view name);

template <typename Record>
void append(std::vector<std::byte>& bytes, const Record& record) {
  const auto view = std::as_bytes(std::span(&record, 1));
  bytes.insert(bytes.end(), view.begin(), view.end());
}

}  // namespace kjump::core_file
