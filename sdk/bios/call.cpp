// SPDX-License-Identifier: MIT
#include "bios/script.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <kjump/abi/layout.hpp>

#include "bios/registers.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kBufferAlignment = 16;

Part whole(const Token& token) {
  return {token, 0, token.text};
}

/// FILE of in=FILE; quotes around it protect blanks.
std::string unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

/// Reads the words of one call from left to right.
class CallParser {
 public:
  explicit CallParser(const std::vector<Token>& words) : words_(words) {}

  Result<ScriptStep> parse() {
    KJUMP_CHECK(parse_target());
    while (at_ < words_.size()) {
      KJUMP_CHECK(parse_clause());
    }
    if (result_.step.repeat_limit != 0 && result_.step.repeat == abi::BatchRepeat::kOnce) {
      return fail(ErrorCode::kMalformed, "repeat-limit means nothing without repeat-while", result_.place);
    }
    if (!is_memory()) {
      result_.step.call.registers = registers_.get();
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool is_memory() const { return result_.step.repeat == abi::BatchRepeat::kReadMemory; }

  /// The next word, or an error that says what is missing after the previous one.
  Result<const Token*> next(const char* what) {
    if (at_ == words_.size()) {
      const Token& last = words_.back();
      return fail(ErrorCode::kMalformed, fmt::format("{} is missing after '{}'", what, last.text),
                  last.place(last.text.size()));
    }
    return &words_[at_++];
  }

  Result<void> parse_target() {
    const Token& kind = words_[at_++];
    result_.place = kind.place();
    if (kind.text == "int") {
      KJUMP_TRY(const Token* word, next("an interrupt number"));
      KJUMP_TRY(const std::uint8_t vector, parse_vector(whole(*word)));
      result_.step = interrupt(vector);
      result_.title = fmt::format("int {:#04x}", vector);
      return {};
    }
    if (kind.text == "call") {
      KJUMP_TRY(const Token* word, next("SEGMENT:OFFSET"));
      KJUMP_TRY(const FarPointer target, parse_far_pointer(whole(*word)));
      result_.step = far_call(target.segment, target.offset);
      result_.title = fmt::format("call {:04x}:{:04x}", target.segment, target.offset);
      return {};
    }
    if (kind.text == "memory") {
      return parse_memory();
    }
    return fail(ErrorCode::kMalformed, fmt::format("a call cannot begin with '{}'", kind.text), kind.place(),
                "begin with int VECTOR, call SEG:OFF or memory ADDRESS BYTES");
  }

  Result<void> parse_memory() {
    KJUMP_TRY(const Token* address_word, next("an address"));
    KJUMP_TRY(const std::uint32_t address, parse_number(whole(*address_word), 32));
    KJUMP_TRY(const Token* bytes_word, next("a number of bytes"));
    KJUMP_TRY(const std::uint32_t bytes, parse_number(whole(*bytes_word), 32));
    if (bytes == 0 || bytes > abi::kExchangeBytes || address > 0u - bytes) {
      return fail(ErrorCode::kLimit, fmt::format("cannot read {} bytes at {:#x}", bytes, address),
                  bytes_word->place(), "1 to 65536 bytes below 4 GiB");
    }
    result_.step = read_memory(address, bytes);
    result_.title = fmt::format("memory {:#010x}", address);
    result_.buffers.push_back({"memory", 0, bytes, {}, {}});
    if (at_ < words_.size()) {
      return fail(ErrorCode::kMalformed, fmt::format("'{}' after a complete memory line", words_[at_].text),
                  words_[at_].place());
    }
    return {};
  }

  Result<void> parse_clause() {
    const Token& word = words_[at_++];
    if (word.text == "buffer") {
      KJUMP_TRY(const Token* spec, next("SEG:REG=BYTES"));
      return parse_buffer(*spec);
    }
    if (word.text == "repeat-while") {
      KJUMP_TRY(const Token* name, next("a register"));
      return parse_repeat(*name);
    }
    if (word.text == "repeat-limit") {
      KJUMP_TRY(const Token* number, next("a number"));
      KJUMP_TRY(const std::uint32_t limit, parse_number(whole(*number), 16));
      if (limit == 0) {
        return fail(ErrorCode::kMalformed, "a limit of 0 would call nothing", number->place());
      }
      result_.step.repeat_limit = static_cast<std::uint16_t>(limit);
      return {};
    }
    if (word.text == "stop-on-carry") {
      result_.step.stop_on_carry = true;
      return {};
    }
    if (word.text.find('=') == std::string::npos) {
      return fail(ErrorCode::kMalformed, fmt::format("'{}' is no clause of a call", word.text), word.place(),
                  "REGISTER=VALUE, buffer, repeat-while, repeat-limit or stop-on-carry");
    }
    return registers_.assign(word);
  }

  Result<void> parse_repeat(const Token& name) {
    KJUMP_TRY(const RegisterName found, parse_register(whole(name)));
    if (found.is_segment() || found.is_flag() || found.bits != 32) {
      return fail(ErrorCode::kMalformed, fmt::format("cannot repeat on {}", name.text), name.place(),
                  "use a whole general register, e.g. ebx");
    }
    if (result_.step.repeat != abi::BatchRepeat::kOnce) {
      return fail(ErrorCode::kMalformed, "repeat-while is given twice", name.place());
    }
    result_.step.repeat = abi::BatchRepeat::kWhileNonZero;
    result_.step.repeat_register = found.offset;
    return {};
  }

  Result<void> parse_buffer(const Token& spec) {
    const std::string_view text = spec.text;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorCode::kMalformed, fmt::format("'{}' is not SEG:REG=BYTES", text), spec.place(),
                  "e.g. buffer es:di=512");
    }
    const Part name{spec, 0, text.substr(0, equals)};
    KJUMP_TRY(const RegisterPair pair, parse_register_pair(name));
    std::size_t end = std::min(text.find(',', equals), text.size());
    const Part size{spec, equals + 1, text.substr(equals + 1, end - equals - 1)};
    KJUMP_TRY(const std::uint32_t bytes, parse_number(size, 32));

    CallBuffer buffer{std::string(name.text), next_offset(), bytes, {}, {}};
    if (bytes == 0 || bytes > abi::kBounceBytes || buffer.offset > abi::kBounceBytes - bytes) {
      return fail(ErrorCode::kLimit, fmt::format("no room for a buffer of {} bytes", bytes), size.place(),
                  fmt::format("all buffers of a call share {} bytes", abi::kBounceBytes));
    }
    while (end < text.size()) {
      const std::size_t begin = end + 1;
      end = std::min(text.find(',', begin), text.size());
      KJUMP_CHECK(parse_file(buffer, {spec, begin, text.substr(begin, end - begin)}));
    }
    // T49: the bounce buffer is aligned to 64 KiB, so nothing within it crosses such a border.
    KJUMP_CHECK(
        registers_.point(name, pair, {abi::kBounceSegment, static_cast<std::uint16_t>(buffer.offset)}));
    result_.step.buffer_bytes = buffer.offset + bytes;
    result_.buffers.push_back(std::move(buffer));
    return {};
  }

  static Result<void> parse_file(CallBuffer& buffer, const Part& part) {
    const bool in = part.text.starts_with("in=");
    std::string& path = in ? buffer.input_path : buffer.output_path;
    if (!in && !part.text.starts_with("out=")) {
      return fail(ErrorCode::kMalformed, fmt::format("'{}' means nothing in a buffer", part.text),
                  part.place(), "after the size only ,in=FILE and ,out=FILE");
    }
    if (!path.empty()) {
      return fail(ErrorCode::kMalformed, fmt::format("{} is given twice", in ? "in=" : "out="), part.place());
    }
    path = unquoted(part.text.substr(in ? 3 : 4));
    if (path.empty()) {
      return fail(ErrorCode::kMalformed, "the file name is missing", part.place());
    }
    return {};
  }

  [[nodiscard]] std::uint32_t next_offset() const {
    return (result_.step.buffer_bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  }

  const std::vector<Token>& words_;
  std::size_t at_ = 0;
  RegisterSet registers_;
  ScriptStep result_;
};

}  // namespace

Result<ScriptStep> parse_call(const std::vector<Token>& words) {
  if (words.empty()) {
    return fail(ErrorCode::kInvalid, "the call is empty", {}, "begin with int VECTOR");
  }
  return CallParser(words).parse();
}

}  // namespace kjump::bios
