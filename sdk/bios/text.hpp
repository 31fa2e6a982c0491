// SPDX-License-Identifier: MIT
/// Words and numbers of the text forms of BIOS calls, with the place where each stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kjump/result.hpp>

namespace kjump::bios {

/// One word of a script or one argument of the command line.
struct Token {
  std::string text;
  std::string source;      ///< name of the script; empty for an argument
  std::size_t line = 0;    ///< from 1; 0 for an argument
  std::size_t column = 1;  ///< of the first character, from 1

  /// "calls.txt:3:14" or "'ax=zz', column 4", `offset` characters into the word.
  [[nodiscard]] std::string place(std::size_t offset = 0) const;
};

/// An argument of the command line as a token.
[[nodiscard]] Token argument(std::string text);

/// A part of a token that remembers where it begins.
struct Part {
  const Token& token;
  std::size_t offset;
  std::string_view text;

  [[nodiscard]] std::string place() const { return token.place(offset); }
};

/// The number that a part spells: decimal, 0x1F, 1Fh (beginning with a digit, as in assembly), or up
/// to four characters 'SMAP', the first one most significant: 0x534D4150. It must fit `bits` bits. In an
/// argument, whose quotes a shell has eaten, four capitals or digits that cannot be meant as a
/// hexadecimal number are characters, too.
[[nodiscard]] Result<std::uint32_t> parse_number(const Part& part, unsigned bits);

/// Real-mode address.
struct FarPointer {
  std::uint16_t segment = 0;
  std::uint16_t offset = 0;
};

/// SEG:OFF, hexadecimal with or without 0x, as far pointers are always written: f000:e05b.
[[nodiscard]] Result<FarPointer> parse_far_pointer(const Part& part);

/// An interrupt number. Two decimal digits are refused: "int 15" would be taken for INT 15h.
[[nodiscard]] Result<std::uint8_t> parse_vector(const Part& part);

}  // namespace kjump::bios
