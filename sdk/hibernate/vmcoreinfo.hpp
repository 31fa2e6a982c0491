// SPDX-License-Identifier: MIT
/// VMCOREINFO: what a kernel says about its own data structures, for programs that read its memory from
/// outside (Documentation/admin-guide/kdump/vmcoreinfo.rst; hibernation.md 4.1). Lines "KEY=VALUE", with keys
/// like "SYMBOL(init_top_pgt)".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <kjump/result.hpp>

namespace kjump::hibernate {

/// The text in a sequence of ELF notes, as /proc/kcore has them.
[[nodiscard]] Result<std::string_view> find_vmcoreinfo(std::string_view notes);

class Vmcoreinfo {
 public:
  [[nodiscard]] static Result<Vmcoreinfo> parse(std::string_view text);

  /// "" stands for a key without a value; none for a key that is not there.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const;

  // Values by kind. Absent ones and ones that are no number are an error that names the key.
  [[nodiscard]] Result<std::uint64_t> symbol(std::string_view name) const;  ///< an address
  /// May be negative (%ld): of a value that was unsigned long, these are the same bits.
  [[nodiscard]] Result<std::int64_t> number(std::string_view name) const;
  [[nodiscard]] Result<std::uint32_t> size(std::string_view name) const;
  [[nodiscard]] Result<std::uint32_t> offset(std::string_view name) const;
  [[nodiscard]] Result<std::uint32_t> length(std::string_view name) const;  ///< of an array
  [[nodiscard]] Result<std::uint64_t> hexadecimal(std::string_view key) const;

 private:
  [[nodiscard]] Result<std::uint32_t> small(std::string_view kind, std::string_view name) const;

  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace kjump::hibernate
