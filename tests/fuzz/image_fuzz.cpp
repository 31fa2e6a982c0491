// SPDX-License-Identifier: MIT
// Rule: Image::parse survives any bytes, and what it accepts it understands: written and read again it is the
// same image, and its bytes do not change any more.
//
// Run: fuzz_image -max_total_time=60. No corpus is needed: mutation starts from a valid image, see below.
#include <elf.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../unit/image_parts.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using kjump::Image;

template <typename Header>
void move_contents(std::vector<std::byte>& bytes, std::uint64_t table, std::size_t count,
                   std::uint64_t Header::*field, std::uint64_t from, std::uint64_t distance) {
  for (std::size_t i = 0; i < count; ++i) {
    std::byte* place = bytes.data() + table + i * sizeof(Header);
    Header header;
    std::memcpy(&header, place, sizeof header);
    header.*field -= header.*field >= from ? distance : 0;
    std::memcpy(place, &header, sizeof header);
  }
}

/// The sample image with a single page of content and no padding in front of it: short files are mutated
/// better, and the parser does not ask for alignment in the file.
std::vector<std::byte> seed() {
  auto segments = kjump::test::sample_segments();
  segments.erase(segments.begin());
  auto info = kjump::test::sample_info();
  info.wake_entry = 0;  // this one and the next would have to lie in the segment that was left out
  info.boot_entry = 0;
  auto bytes = Image::build(info, segments, kjump::test::sample_symbols()).value().serialize().value();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::uint64_t from = kjump::abi::kPageBytes;
  const std::uint64_t distance = kjump::abi::kPageBytes / 2;
  move_contents<Elf64_Phdr>(bytes, header.e_phoff, header.e_phnum, &Elf64_Phdr::p_offset, from, distance);
  move_contents<Elf64_Shdr>(bytes, header.e_shoff, header.e_shnum, &Elf64_Shdr::sh_offset, from, distance);
  header.e_shoff -= distance;
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto gap = bytes.begin() + static_cast<std::ptrdiff_t>(from - distance);
  bytes.erase(gap, gap + static_cast<std::ptrdiff_t>(distance));
  return bytes;
}

void demand(bool condition) {
  if (!condition) {
    std::abort();
  }
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names

/// The seed is looked at before anything else, whatever corpus an earlier run left behind.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  demand(Image::parse(seed(), "seed").has_value());
  return 0;
}

/// Mutates as always, but starts from a valid image: no mutation of nothing would ever find one.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned /*random*/) {
  static const std::vector<std::byte> start = seed();
  if (size < sizeof(Elf64_Ehdr) && start.size() <= max_size) {
    std::memcpy(data, start.data(), start.size());
    size = start.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto image = Image::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!image) {
    demand(image.error().subject.starts_with("fuzz, offset 0x"));
    return 0;
  }
  const auto bytes = image->serialize();
  demand(bytes.has_value());
  const auto again = Image::parse(*bytes, "again");
  demand(again.has_value());
  demand(kjump::test::same(*image, *again));
  demand(*again->serialize() == *bytes);
  demand(image->prepared({}).has_value());
  return 0;
}

// NOLINTEND(readability-identifier-naming)
