// SPDX-License-Identifier: MIT
#include "bios/tokens.hpp"

#include <utility>

#include <fmt/format.h>

namespace kjump::bios {

namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t' || character == '\r';
}

bool is_printable(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte > ' ' && byte != 0x7F;  // bytes of UTF-8 may occur in file names
}

/// Reads the words of one line.
class LineReader {
 public:
  LineReader(std::string_view line, const std::string& source, std::size_t number)
      : line_(line), source_(source), number_(number) {}

  /// Appends the line's words; true when the line ends with a continuation.
  Result<bool> read(std::vector<Token>& words) {
    for (;;) {
      while (at_ < line_.size() && is_blank(line_[at_])) {
        ++at_;
      }
      if (at_ == line_.size() || line_[at_] == '#') {
        return false;
      }
      if (line_[at_] == '\\' && line_.find_first_not_of(" \t\r", at_ + 1) == std::string_view::npos) {
        return true;
      }
      KJUMP_TRY(Token word, read_word());
      words.push_back(std::move(word));
    }
  }

 private:
  Result<Token> read_word() {
    Token word;
    word.source = source_;
    word.line = number_;
    word.column = at_ + 1;
    std::size_t quote = std::string_view::npos;  // where an open quote began
    for (; at_ < line_.size(); ++at_) {
      const char character = line_[at_];
      const bool quoted = quote != std::string_view::npos;
      if (!quoted && (is_blank(character) || character == '#')) {
        break;
      }
      if (!is_printable(character) && !is_blank(character)) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("unexpected byte 0x{:02X}", static_cast<unsigned char>(character)),
                    word.place(word.text.size()), "scripts are plain text");
      }
      if (character == '\'') {
        quote = quoted ? std::string_view::npos : word.text.size();
      }
      word.text += character;
    }
    if (quote != std::string_view::npos) {
      return fail(ErrorCode::kMalformed, "the quote is not closed on this line", word.place(quote));
    }
    return word;
  }

  std::string_view line_;
  const std::string& source_;
  std::size_t number_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<std::vector<Token>>> split_script(std::string_view text, const std::string& name) {
  std::vector<std::vector<Token>> calls;
  std::vector<Token> words;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    KJUMP_TRY(const bool continued, LineReader(line, name, ++number).read(words));
    if (!continued && !words.empty()) {
      calls.push_back(std::exchange(words, {}));
    }
  }
  if (!words.empty()) {
    calls.push_back(std::move(words));
  }
  return calls;
}

}  // namespace kjump::bios
