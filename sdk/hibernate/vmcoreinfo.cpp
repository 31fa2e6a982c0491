// SPDX-License-Identifier: MIT
#include "hibernate/vmcoreinfo.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

namespace kjump::hibernate {
namespace {

constexpr const char* kNoteSubject = "VMCOREINFO";
constexpr std::string_view kNoteName = "VMCOREINFO";
// The kernel has a page for all of it (include/linux/vmcore_info.h: VMCOREINFO_BYTES).
constexpr std::size_t kMostLines = 4096;

// Name and content of a note each begin at a multiple of four.
constexpr std::uint64_t note_aligned(std::uint64_t bytes) {
  return (bytes + 3) / 4 * 4;
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

Failure no_such_key(std::string_view key) {
  return fail(ErrorCode::kUnsupported, fmt::format("the kernel does not tell {}", key), kNoteSubject,
              "kernels from 5.4 with CONFIG_CRASH_CORE or CONFIG_VMCORE_INFO do");
}

Failure not_a_number(std::string_view key, std::string_view value) {
  return fail(ErrorCode::kMalformed, fmt::format("{} is \"{}\", which is no number", key, value),
              kNoteSubject);
}

std::string with_kind(std::string_view kind, std::string_view name) {
  return fmt::format("{}({})", kind, name);
}

}  // namespace

Result<std::string_view> find_vmcoreinfo(std::string_view notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {  // the same in 32-bit files
    Elf64_Nhdr header{};
    std::memcpy(&header, notes.data(), sizeof(header));
    notes.remove_prefix(sizeof(header));
    const std::uint64_t content = note_aligned(header.n_namesz);
    const std::uint64_t end = content + note_aligned(header.n_descsz);
    if (content + header.n_descsz > notes.size()) {
      return fail(ErrorCode::kMalformed, "a note is cut off", "/proc/kcore");
    }
    if (notes.substr(0, header.n_namesz).substr(0, kNoteName.size()) == kNoteName) {
      return notes.substr(static_cast<std::size_t>(content), header.n_descsz);
    }
    notes.remove_prefix(static_cast<std::size_t>(std::min<std::uint64_t>(end, notes.size())));
  }
  return fail(ErrorCode::kUnsupported, "there is no note VMCOREINFO", "/proc/kcore",
              "the kernel needs CONFIG_CRASH_CORE (before 6.9) or CONFIG_VMCORE_INFO");
}

Result<Vmcoreinfo> Vmcoreinfo::parse(std::string_view text) {
  Vmcoreinfo info;
  text = text.substr(0, text.find('\0'));
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    if (info.values_.size() >= kMostLines) {
      return fail(ErrorCode::kLimit, "too many lines", kNoteSubject);
    }
    info.values_.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  if (info.values_.empty()) {
    return fail(ErrorCode::kMalformed, "it says nothing", kNoteSubject);
  }
  return info;
}

std::optional<std::string_view> Vmcoreinfo::value(std::string_view key) const {
  const auto entry = values_.find(key);
  return entry != values_.end() ? std::optional<std::string_view>(entry->second) : std::nullopt;
}

Result<std::uint64_t> Vmcoreinfo::hexadecimal(std::string_view key) const {
  const auto text = value(key);
  if (!text) {
    return no_such_key(key);
  }
  const auto found = whole_number<std::uint64_t>(text->starts_with("0x") ? text->substr(2) : *text, 16);
  if (!found) {
    return not_a_number(key, *text);
  }
  return *found;
}

Result<std::uint64_t> Vmcoreinfo::symbol(std::string_view name) const {
  return hexadecimal(with_kind("SYMBOL", name));
}

Result<std::int64_t> Vmcoreinfo::number(std::string_view name) const {
  const std::string key = with_kind("NUMBER", name);
  const auto text = value(key);
  if (!text) {
    return no_such_key(key);
  }
  if (text->starts_with("0x")) {
    KJUMP_TRY(const std::uint64_t bits, hexadecimal(key));
    return static_cast<std::int64_t>(bits);
  }
  const auto found = whole_number<std::int64_t>(*text, 10);
  if (!found) {
    return not_a_number(key, *text);
  }
  return *found;
}

Result<std::uint32_t> Vmcoreinfo::small(std::string_view kind, std::string_view name) const {
  const std::string key = with_kind(kind, name);
  const auto text = value(key);
  if (!text) {
    return no_such_key(key);
  }
  const auto found = whole_number<std::uint32_t>(*text, 10);
  if (!found) {
    return not_a_number(key, *text);
  }
  return *found;
}

Result<std::uint32_t> Vmcoreinfo::size(std::string_view name) const {
  return small("SIZE", name);
}
Result<std::uint32_t> Vmcoreinfo::offset(std::string_view name) const {
  return small("OFFSET", name);
}
Result<std::uint32_t> Vmcoreinfo::length(std::string_view name) const {
  return small("LENGTH", name);
}

}  // namespace kjump::hibernate
