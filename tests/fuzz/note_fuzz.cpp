// SPDX-License-Identifier: MIT
// Rule: the note parser survives any descriptor and any sequence of notes, and what it accepts comes out of
// its own encoder again.
//
// Run: fuzz_note -max_total_time=60.
#include <cstdint>
#include <cstdlib>

#include "../unit/image_parts.hpp"
#include "image/note.hpp"

namespace {

void demand(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check_descriptor(std::span<const std::byte> bytes) {
  const auto info = kjump::image::decode_note({bytes, 0}, "fuzz");
  if (!info) {
    demand(info.error().subject.starts_with("fuzz, offset 0x"));
    return;
  }
  const auto note = kjump::image::encode_note(*info);
  const auto found = kjump::image::find_note(note, 4, "again", 0);
  demand(found.has_value() && found->has_value());
  const auto again = kjump::image::decode_note(**found, "again");
  demand(again.has_value() && kjump::test::same(*info, *again));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  check_descriptor(bytes);
  for (const unsigned alignment : {4U, 8U}) {
    const auto found = kjump::image::find_note(bytes, alignment, "fuzz", 0);
    if (found && *found) {
      demand((*found)->offset + (*found)->bytes.size() <= size);
      check_descriptor((*found)->bytes);
    }
  }
  return 0;
}
