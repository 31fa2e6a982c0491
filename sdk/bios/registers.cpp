// SPDX-License-Identifier: MIT
#include "bios/registers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include <kjump/abi/processor.hpp>
#include <kjump/bios.hpp>

namespace kjump::bios {

namespace {

using Registers = abi::FirmwareRegisters;

constexpr std::array<RegisterName, 36> kNames{{
    {"eax", offsetof(Registers, eax), 0, 32},       {"ax", offsetof(Registers, eax), 0, 16},
    {"ah", offsetof(Registers, eax), 8, 8},         {"al", offsetof(Registers, eax), 0, 8},
    {"ebx", offsetof(Registers, ebx), 0, 32},       {"bx", offsetof(Registers, ebx), 0, 16},
    {"bh", offsetof(Registers, ebx), 8, 8},         {"bl", offsetof(Registers, ebx), 0, 8},
    {"ecx", offsetof(Registers, ecx), 0, 32},       {"cx", offsetof(Registers, ecx), 0, 16},
    {"ch", offsetof(Registers, ecx), 8, 8},         {"cl", offsetof(Registers, ecx), 0, 8},
    {"edx", offsetof(Registers, edx), 0, 32},       {"dx", offsetof(Registers, edx), 0, 16},
    {"dh", offsetof(Registers, edx), 8, 8},         {"dl", offsetof(Registers, edx), 0, 8},
    {"esi", offsetof(Registers, esi), 0, 32},       {"si", offsetof(Registers, esi), 0, 16},
    {"edi", offsetof(Registers, edi), 0, 32},       {"di", offsetof(Registers, edi), 0, 16},
    {"ebp", offsetof(Registers, ebp), 0, 32},       {"bp", offsetof(Registers, ebp), 0, 16},
    {"ds", offsetof(Registers, ds), 0, 16},         {"es", offsetof(Registers, es), 0, 16},
    {"fs", offsetof(Registers, fs), 0, 16},         {"gs", offsetof(Registers, gs), 0, 16},
    {"eflags", offsetof(Registers, eflags), 0, 32}, {"flags", offsetof(Registers, eflags), 0, 16},
    {"cf", offsetof(Registers, eflags), 0, 1},      {"pf", offsetof(Registers, eflags), 2, 1},
    {"af", offsetof(Registers, eflags), 4, 1},      {"zf", offsetof(Registers, eflags), 6, 1},
    {"sf", offsetof(Registers, eflags), 7, 1},      {"if", offsetof(Registers, eflags), 9, 1},
    {"df", offsetof(Registers, eflags), 10, 1},     {"of", offsetof(Registers, eflags), 11, 1},
}};

constexpr std::array<std::string_view, 6> kNotGiven{"sp", "esp", "ss", "cs", "ip", "eip"};

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
  });
}

/// Segments are 16 bits wide in the structure, everything else 32.
std::uint32_t load(const Registers& registers, const RegisterName& name) {
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<const unsigned char*>(&registers) + name.offset,
              name.is_segment() ? 2 : 4);
  return value;
}

void store(Registers& registers, const RegisterName& name, std::uint32_t value) {
  std::memcpy(reinterpret_cast<unsigned char*>(&registers) + name.offset, &value, name.is_segment() ? 2 : 4);
}

}  // namespace

std::span<const RegisterName> register_names() {
  return kNames;
}

const RegisterName* find_register(std::string_view name) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [name](const RegisterName& entry) { return same_name(entry.name, name); });
  return found == kNames.end() ? nullptr : found;
}

std::uint32_t get_register(const Registers& registers, const RegisterName& name) {
  return (load(registers, name) & name.mask()) >> name.shift;
}

Result<RegisterName> parse_register(const Part& part) {
  if (const RegisterName* name = find_register(part.text); name != nullptr) {
    return *name;
  }
  if (std::any_of(kNotGiven.begin(), kNotGiven.end(),
                  [&part](std::string_view name) { return same_name(name, part.text); })) {
    return fail(ErrorCode::kMalformed, fmt::format("{} cannot be chosen", part.text), part.place(),
                "calls run on a stack of kjump's own; for another entry point use a far call");
  }
  return fail(ErrorCode::kMalformed, fmt::format("there is no register '{}'", part.text), part.place(),
              "al..dh, ax..bp, eax..ebp, ds es fs gs, flags, cf zf if df ...");
}

Result<RegisterPair> parse_register_pair(const Part& part) {
  const std::size_t colon = part.text.find(':');
  if (colon == std::string_view::npos) {
    return fail(ErrorCode::kMalformed, fmt::format("'{}' is not a register pair", part.text), part.place(),
                "write SEGMENT:REGISTER, e.g. es:di");
  }
  const Part left{part.token, part.offset, part.text.substr(0, colon)};
  const Part right{part.token, part.offset + colon + 1, part.text.substr(colon + 1)};
  KJUMP_TRY(const RegisterName segment, parse_register(left));
  KJUMP_TRY(const RegisterName offset, parse_register(right));
  if (!segment.is_segment()) {
    return fail(ErrorCode::kMalformed, fmt::format("{} is not a segment register", left.text), left.place(),
                "use ds, es, fs or gs");
  }
  if (offset.is_segment() || offset.is_flag() || offset.bits < 16) {
    return fail(ErrorCode::kMalformed, fmt::format("{} cannot hold an offset", right.text), right.place(),
                "use a general register, e.g. di");
  }
  return RegisterPair{segment, offset};
}

RegisterSet::RegisterSet() : registers_(entry_registers()) {}

Result<void> RegisterSet::set(const Part& part, const RegisterName& name, std::uint32_t value,
                              bool by_buffer) {
  for (const Assignment& earlier : assignments_) {
    if (earlier.name.offset != name.offset || (earlier.name.mask() & name.mask()) == 0) {
      continue;
    }
    // Buffers all lie in one segment, so they agree about it.
    if (!(by_buffer && earlier.by_buffer && name.is_segment())) {
      return fail(ErrorCode::kMalformed,
                  earlier.name.name == name.name ? fmt::format("{} is set twice", name.name)
                                                 : fmt::format("{} is set, but it overlaps {}, set before",
                                                               name.name, earlier.name.name),
                  part.place(), "leave one of them out");
    }
  }
  assignments_.push_back({name, by_buffer});
  store(registers_, name, (load(registers_, name) & ~name.mask()) | (value << name.shift & name.mask()));
  return {};
}

Result<void> RegisterSet::assign(const Token& token) {
  const std::string_view text = token.text;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return fail(ErrorCode::kMalformed, fmt::format("'{}' is not REGISTER=VALUE", text), token.place(),
                "e.g. ax=0xE820");
  }
  const Part left{token, 0, text.substr(0, equals)};
  const Part right{token, equals + 1, text.substr(equals + 1)};
  if (left.text.find(':') != std::string_view::npos) {
    KJUMP_TRY(const RegisterPair pair, parse_register_pair(left));
    KJUMP_TRY(const FarPointer pointer, parse_far_pointer(right));
    KJUMP_CHECK(set(left, pair.segment, pointer.segment, false));
    return set(left, pair.offset, pointer.offset, false);
  }
  KJUMP_TRY(const RegisterName name, parse_register(left));
  KJUMP_TRY(const std::uint32_t value, parse_number(right, name.bits));
  if (name.is_flag() && name.bits > 1) {
    if ((value & (abi::kFlagsTrap | abi::kFlagsAlignmentCheck)) != 0) {
      return fail(ErrorCode::kMalformed, "TF and AC cannot be set", right.place(),
                  "firmware has no handler for what they raise");  // T17
    }
    return set(left, name, value | abi::kFlagsFixed, false);
  }
  return set(left, name, value, false);
}

Result<void> RegisterSet::point(const Part& part, const RegisterPair& pair, FarPointer target) {
  KJUMP_CHECK(set(part, pair.segment, target.segment, true));
  return set(part, pair.offset, target.offset, true);
}

}  // namespace kjump::bios
