// SPDX-License-Identifier: MIT
#include "hibernate/saved_kernel.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include <kjump/abi/hibernate/image.hpp>

#include "hibernate/saved_paging.hpp"

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;
using namespace std::string_view_literals;

// The kernel's note has one page and a little (hibernation.md 4.1).
constexpr std::uint64_t kMostNote = 16 * std::uint64_t{abi::kPageBytes};
constexpr std::string_view kNoteName = "VMCOREINFO\0"sv;
// __START_KERNEL_map, and the most that lies there before modules (KERNEL_IMAGE_SIZE with KASLR); linux
// Documentation/arch/x86/x86_64/mm.rst.
constexpr std::uint64_t kTextBase = 0xFFFF'FFFF'8000'0000;
constexpr std::uint64_t kTextMost = std::uint64_t{1} << 30;
constexpr std::uint64_t kTextStep = std::uint64_t{2} << 20;
constexpr std::uint64_t kDirectMapAlignment = std::uint64_t{1} << 30;  // PUD_SIZE: kernel arch/x86/mm/kaslr.c

Failure no_kernel(const std::string& what) {
  return fail(ErrorCode::kUnsupported, "the kernel in the image cannot be made out: " + what, "image",
              "kjump image verify tells whether it can be restored");
}

Result<std::string> read_note(ImageReader& image) {
  const ImageHeader& header = image.header();
  if (header.vmcoreinfo == 0 || header.vmcoreinfo_bytes > kMostNote) {
    return no_kernel("no VMCOREINFO is on record");
  }
  std::string bytes(static_cast<std::size_t>(header.vmcoreinfo_bytes), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const std::uint64_t at = header.vmcoreinfo + done;
    const std::size_t part = std::min<std::size_t>(
        bytes.size() - done, abi::kPageBytes - static_cast<std::size_t>(at % abi::kPageBytes));
    KJUMP_CHECK(image.read_memory(at, std::as_writable_bytes(std::span(bytes).subspan(done, part))));
    done += part;
  }
  return bytes;
}

/// The text behind the note's head; ELF-64 notes of the kernel have the same head as ELF-32's.
Result<std::string> text_of(const std::string& note) {
  Elf64_Nhdr head{};
  const std::size_t name = (kNoteName.size() + 3) / 4 * 4;
  if (note.size() < sizeof head + name) {
    return no_kernel("its VMCOREINFO is cut off");
  }
  std::memcpy(&head, note.data(), sizeof head);
  if (head.n_namesz != kNoteName.size() || note.compare(sizeof head, kNoteName.size(), kNoteName) != 0 ||
      head.n_descsz > note.size() - sizeof head - name) {
    return no_kernel("there is no VMCOREINFO where it should be");
  }
  const std::string text = note.substr(sizeof head + name, head.n_descsz);
  return text.substr(0, text.find('\0'));
}

Result<std::uint64_t> needed(const std::string& text, const std::string& key, int base) {
  const auto value = vmcoreinfo_value(text, key, base);
  if (!value) {
    return no_kernel("its VMCOREINFO has no " + key);
  }
  return *value;
}

Result<SavedPaging> paging_of(ImageReader& image, const std::string& text, std::uint64_t phys_base) {
  KJUMP_TRY(const std::uint64_t top, needed(text, "SYMBOL(init_top_pgt)", 16));
  KJUMP_TRY(const std::uint64_t five, needed(text, "NUMBER(pgtable_l5_enabled)", 10));
  const std::uint64_t sme = vmcoreinfo_value(text, "NUMBER(sme_mask)", 10).value_or(0);
  const auto read = [&image](std::uint64_t physical, std::span<std::byte> to) {
    return image.read_memory(physical, to);
  };
  return SavedPaging(read, top - kTextBase + phys_base, five != 0 ? 5 : 4, sme);
}

/// The kernel's own pages: those of the text area whose physical address is as `phys_base` has it.
Result<MappedRun> find_text(SavedPaging& paging, ImageReader& image, std::uint64_t phys_base) {
  MappedRun run;
  for (std::uint64_t at = 0; at < kTextMost; at += kTextStep) {
    KJUMP_TRY(const auto physical, paging.translate(kTextBase + at));
    if (!physical || *physical != at + phys_base || !image.page_of(*physical)) {
      continue;
    }
    if (run.bytes == 0) {
      run.virtual_address = kTextBase + at;
      run.physical = *physical;
    }
    run.bytes = kTextBase + at + kTextStep - run.virtual_address;
  }
  return run;
}

}  // namespace

std::optional<std::uint64_t> vmcoreinfo_value(const std::string& text, const std::string& key, int base) {
  const std::string lines = "\n" + text + "\n";
  const std::string wanted = "\n" + key + "=";
  const auto found = lines.find(wanted);
  if (found == std::string::npos) {
    return std::nullopt;
  }
  const auto begin = found + wanted.size();
  std::string_view value(lines.data() + begin, lines.find('\n', begin) - begin);
  if (base == 16 && value.starts_with("0x")) {
    value.remove_prefix(2);
  }
  // NUMBER() prints signed ones: phys_base may be below 0 (hibernation.md 4.2).
  const bool negative = value.starts_with('-');
  value.remove_prefix(negative ? 1 : 0);
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number, base);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) {
    return std::nullopt;
  }
  return negative ? 0 - number : number;
}

Result<SavedKernel> find_saved_kernel(ImageReader& image) {
  KJUMP_TRY(const std::string note, read_note(image));
  SavedKernel kernel;
  KJUMP_TRY(kernel.vmcoreinfo, text_of(note));
  KJUMP_TRY(const std::uint64_t phys_base, needed(kernel.vmcoreinfo, "NUMBER(phys_base)", 10));
  KJUMP_TRY(SavedPaging paging, paging_of(image, kernel.vmcoreinfo, phys_base));
  // The direct map comes first in the kernel's half, before vmalloc and vmemmap (mm.rst), also when KASLR
  // moves them (kernel arch/x86/mm/kaslr.c).
  KJUMP_TRY(const auto first, paging.first_kernel_page());
  if (!first || (first->virtual_address - first->physical) % kDirectMapAlignment != 0) {
    return no_kernel("its direct map is not where it should be");
  }
  kernel.page_offset = first->virtual_address - first->physical;
  KJUMP_TRY(kernel.text, find_text(paging, image, phys_base));
  if (kernel.text.bytes == 0) {
    return no_kernel("its text is not mapped");
  }
  return kernel;
}

}  // namespace kjump::hibernate
