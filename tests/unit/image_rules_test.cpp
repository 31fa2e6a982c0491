// SPDX-License-Identifier: MIT
// Rule: an image that breaks a rule is refused, with the right code and words that name the breach, whether
// it is being built or read.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "unit/image_parts.hpp"

namespace kjump::test {
namespace {

struct Parts {
  ImageInfo info = sample_info();
  std::vector<Segment> segments = sample_segments();
  std::vector<Symbol> symbols = sample_symbols();
};

struct Breach {
  const char* name;
  std::function<void(Parts&)> commit;
  ErrorCode code;
  const char* words;  ///< part of Error::what
};

void add_many_segments(Parts& parts) {
  for (std::uint32_t i = 0; i < 16; ++i) {
    parts.segments.push_back({0x50000 + i * 2 * abi::kPageBytes, abi::kPageBytes, {}});
  }
}

void make_standalone(Parts& parts) {
  parts.info.flags |= abi::kImageStandalone;
  parts.info.exchange_base = 0;
  parts.info.exchange_bytes = 0;
}

void promise_exchange(Parts& parts) {
  parts.segments[2].content[kSampleParametersOffset + offsetof(abi::LoaderParameters, flags)] =
      static_cast<std::byte>(abi::kParameterHasExchange);
}

std::vector<Breach> all_breaches() {
  return {
      {"NewerFormat", [](Parts& p) { p.info.format_version = 2; }, ErrorCode::kUnsupported,
       "image format 2 is newer than this kjump (1)"},
      {"FormatZero", [](Parts& p) { p.info.format_version = 0; }, ErrorCode::kMalformed, "never existed"},
      {"UnknownMode", [](Parts& p) { p.info.mode = static_cast<abi::PayloadMode>(7); }, ErrorCode::kMalformed,
       "unknown payload mode 7"},
      {"UnknownFlag", [](Parts& p) { p.info.flags |= 0x80; }, ErrorCode::kUnsupported, "flags 0x80"},
      {"LongName", [](Parts& p) { p.info.name = std::string(32, 'n'); }, ErrorCode::kLimit, "name has 32"},
      {"LongVersion", [](Parts& p) { p.info.version = std::string(16, '1'); }, ErrorCode::kLimit, "version"},
      {"Bell", [](Parts& p) { p.info.description = "\a"; }, ErrorCode::kMalformed, "not printable"},
      {"OtherExchange", [](Parts& p) { p.info.exchange_base = 0x50000; }, ErrorCode::kMalformed, "exchange"},
      {"StandaloneWithExchange", [](Parts& p) { p.info.flags |= abi::kImageStandalone; },
       ErrorCode::kMalformed, "a standalone image has none"},
      {"StandalonePromisesExchange",
       [](Parts& p) {
         make_standalone(p);
         promise_exchange(p);
       },
       ErrorCode::kMalformed, "says that it has an exchange"},
      {"NoSegments", [](Parts& p) { p.segments.clear(); }, ErrorCode::kMalformed, "no segments"},
      {"ManySegments", add_many_segments, ErrorCode::kLimit, "16"},
      {"PageZero",
       [](Parts& p) {
         p.segments.push_back({0, abi::kPageBytes, {}});
       },
       ErrorCode::kLimit, "in page 0, which is the firmware's (IVT, BDA)"},
      {"BelowLowest",
       [](Parts& p) {
         p.segments.push_back({0x7000, abi::kPageBytes, {}});
       },
       ErrorCode::kLimit, "below 0x10000"},
      {"Ebda",
       [](Parts& p) {
         p.segments.push_back({0x8F000, 2 * abi::kPageBytes, {}});
       },
       ErrorCode::kLimit, "EBDA"},
      {"Wraps",
       [](Parts& p) {
         p.segments.push_back({0x8F000, 0xFFFFF000, {}});
       },
       ErrorCode::kLimit, "EBDA"},
      {"HalfPage", [](Parts& p) { p.segments[1].memory_bytes -= 1; }, ErrorCode::kMalformed, "whole pages"},
      {"OddAddress", [](Parts& p) { p.segments[1].address += 16; }, ErrorCode::kMalformed, "whole pages"},
      {"NoMemory", [](Parts& p) { p.segments[1].memory_bytes = 0; }, ErrorCode::kMalformed, "no memory"},
      {"TooMuchContent", [](Parts& p) { p.segments[0].content.resize(abi::kPageBytes + 1); },
       ErrorCode::kMalformed, "0x1001 bytes of content"},
      {"Overlap",
       [](Parts& p) {
         p.segments.push_back({0x41000, abi::kPageBytes, {}});
       },
       ErrorCode::kMalformed, "segment 0x41000-0x41fff overlaps segment 0x40000-0x41fff"},
      {"OverExchange", [](Parts& p) { p.segments[1].memory_bytes += abi::kPageBytes; }, ErrorCode::kLimit,
       "over the exchange (0x30000-0x3ffff)"},
      {"EntryInZeros", [](Parts& p) { p.info.kexec_entry = abi::kBounceBase; }, ErrorCode::kMalformed,
       "kexec entry 0x20000 is not in the content"},
      {"EntryNowhere", [](Parts& p) { p.info.kexec_entry = 0xFFFFFFFF; }, ErrorCode::kMalformed,
       "kexec entry"},
      {"BootEntryNowhere", [](Parts& p) { p.info.boot_entry = 0x11000; }, ErrorCode::kMalformed,
       "boot entry 0x11000 is not in the content of a segment"},
      {"BootEntryFlat", [](Parts& p) { p.info.boot_entry = abi::kFlatBase; }, ErrorCode::kMalformed,
       "boot entry 0x40000 is not in the real segment"},
      {"FlatBootEntryNowhere", [](Parts& p) { p.info.boot_entry_flat = abi::kBounceBase; },
       ErrorCode::kMalformed, "flat boot entry 0x20000 is not in the content of a segment"},
      {"WakeEntryNowhere", [](Parts& p) { p.info.wake_entry = 0x11000; }, ErrorCode::kMalformed,
       "wake entry"},
      {"ParametersCutOff", [](Parts& p) { p.segments[2].content.pop_back(); }, ErrorCode::kMalformed,
       "loader parameters 0x40040"},
      {"ParametersWithoutMagic", [](Parts& p) { p.info.parameters -= 1; }, ErrorCode::kMalformed,
       "start with"},
      {"NamelessSymbol", [](Parts& p) { p.symbols[0].name = ""; }, ErrorCode::kMalformed, "name is empty"},
      {"EscapeInSymbol", [](Parts& p) { p.symbols[0].name = "\033[2J"; }, ErrorCode::kMalformed, "control"},
  };
}

class ImageRule : public testing::TestWithParam<Breach> {};

TEST_P(ImageRule, IsEnforced) {
  Parts parts;
  GetParam().commit(parts);
  const auto image = Image::build(parts.info, parts.segments, parts.symbols);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, GetParam().code) << image.error().text();
  EXPECT_THAT(image.error().what, testing::HasSubstr(GetParam().words));
  EXPECT_FALSE(image.error().subject.empty());
}

INSTANTIATE_TEST_SUITE_P(All, ImageRule, testing::ValuesIn(all_breaches()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(ImageRules, AStandaloneImageMayLieOverTheExchange) {
  Parts parts;
  make_standalone(parts);
  parts.segments[1].memory_bytes += abi::kExchangeBytes;
  const auto image = Image::build(parts.info, parts.segments, {});
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_TRUE(Image::parse(*image->serialize(), "standalone"));
}

TEST(ImageRules, SixteenSegmentsAreAllowed) {
  Parts parts;
  add_many_segments(parts);
  parts.segments.resize(16);
  EXPECT_TRUE(Image::build(parts.info, parts.segments, {}));
}

TEST(ImageRules, LongestTextsFit) {
  Parts parts;
  parts.info.name = std::string(31, 'n');
  parts.info.description = std::string(103, '~');
  const auto image = Image::build(parts.info, parts.segments, {});
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_TRUE(same(Image::parse(*image->serialize(), "long")->info(), parts.info));
}

}  // namespace
}  // namespace kjump::test
