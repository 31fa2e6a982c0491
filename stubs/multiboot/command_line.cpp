// SPDX-License-Identifier: MIT
#include "command_line.hpp"

namespace kjump::multiboot {

namespace {

using abi::hibernate::RestoreRequest;

constexpr char kStore[] = "kjump.store=";
constexpr char kSector[] = "kjump.sector=";
constexpr char kGeneration[] = "kjump.generation=";
constexpr char kFast[] = "kjump.fast";
constexpr unsigned kNoDigit = 16;

constexpr bool ends_word(char character) {
  return character == ' ' || character == '\0';
}

// What follows `key` at the beginning of `word`, or nothing.
const char* after(const char* word, const char* key) {
  for (; *key != '\0'; ++word, ++key) {
    if (*word != *key) {
      return nullptr;
    }
  }
  return word;
}

unsigned digit(char character) {
  if (character >= '0' && character <= '9') {
    return static_cast<unsigned>(character - '0');
  }
  const auto letter = static_cast<char>(character | 0x20);
  return letter >= 'a' && letter <= 'f' ? static_cast<unsigned>(letter - 'a') + 10 : kNoDigit;
}

// Hexadecimal digits, with hyphens wherever they are wanted.
bool parse_uuid(const char* text, abi::hibernate::Uuid& uuid) {
  unsigned digits = 0;
  for (; !ends_word(*text); ++text) {
    if (*text == '-') {
      continue;
    }
    const unsigned value = digit(*text);
    if (value == kNoDigit || digits == 2 * sizeof uuid.bytes) {
      return false;
    }
    uint8_t& byte = uuid.bytes[digits / 2];
    byte = static_cast<uint8_t>(unsigned{byte} << 4 | value);
    ++digits;
  }
  return digits == 2 * sizeof uuid.bytes;
}

bool parse_number(const char* text, uint64_t& number) {
  constexpr uint64_t kMost = 1'000'000'000'000'000;
  const char* const begin = text;
  number = 0;
  for (; !ends_word(*text); ++text) {
    if (*text < '0' || *text > '9' || number > kMost) {
      return false;
    }
    number = number * 10 + static_cast<uint64_t>(*text - '0');
  }
  return text != begin;
}

void apply_word(const char* word, RestoreRequest& request) {
  abi::hibernate::Uuid store{};
  uint64_t number = 0;
  if (const char* value = after(word, kStore); value != nullptr && parse_uuid(value, store)) {
    request.store = store;
    request.disk = {};
  } else if (const char* start = after(word, kSector); start != nullptr && parse_number(start, number)) {
    request.header_sector = number;
  } else if (const char* image = after(word, kGeneration); image != nullptr && parse_number(image, number)) {
    request.generation = number;
  } else if (const char* end = after(word, kFast); end != nullptr && ends_word(*end)) {
    request.flags |= abi::hibernate::kRestoreFast;
  }
}

}  // namespace

void CommandLine::take(const char* text) {
  size_t length = 0;
  while (length < kMostCharacters && text[length] != '\0') {
    text_[length] = text[length];
    ++length;
  }
  if (length == kMostCharacters) {
    while (length > 0 && text_[length - 1] != ' ') {
      --length;
    }
  }
  text_[length] = '\0';
}

void CommandLine::apply(RestoreRequest& request) const {
  const char* word = &text_[0];
  while (*word != '\0') {
    apply_word(word, request);
    while (!ends_word(*word)) {
      ++word;
    }
    while (*word == ' ') {
      ++word;
    }
  }
}

}  // namespace kjump::multiboot
