// SPDX-License-Identifier: MIT
// Rule: an image that was built, written and read again is the same image, its bytes depend on nothing but
// its parts, other ELF tools see in it what we see, and a loader's parameters land where the stub looks.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "link/process.hpp"
#include "unit/image_parts.hpp"

namespace kjump::test {
namespace {

using linking::find_program;
using linking::run_process;
using linking::TemporaryDirectory;

std::string run(const std::vector<std::string>& arguments) {
  const auto end = run_process(arguments);
  EXPECT_TRUE(end) << end.error().text();
  EXPECT_EQ(end->status, 0) << end->output;
  return end->output;
}

constexpr std::string_view kHashPlace = "@SHA256@";

/// By a program that is not ours.
std::string sha256sum(const std::string& path) {
  return run({find_program("sha256sum").value().string(), path}).substr(0, 2 * Sha256::kBytes);
}

class ImageFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sample_image().write(path())); }
  [[nodiscard]] std::string path() const { return (directory_.path() / "sample.kjump").string(); }

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::make().value();
};

TEST(Image, SurvivesTheWayThroughBytes) {
  const auto again = Image::parse(sample_bytes(), "sample");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(same(sample_image(), *again));
}

TEST(Image, OrderOfPartsDoesNotMatter) {
  auto segments = sample_segments();
  auto symbols = sample_symbols();
  std::reverse(segments.begin(), segments.end());
  std::reverse(symbols.begin(), symbols.end());
  const auto other = Image::build(sample_info(), segments, symbols);
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ(sample_bytes(), *other->serialize());
}

TEST(Image, PreparedCarriesTheLoadersParameters) {
  abi::LoaderParameters wanted;
  wanted.nonce = 0x1122334455667788;
  wanted.flags = abi::kParameterLoadKernelGdt;
  const auto segments = sample_image().prepared(wanted);
  ASSERT_TRUE(segments);
  abi::LoaderParameters found;
  std::memcpy(&found, segments->at(2).content.data() + kSampleParametersOffset, sizeof found);
  EXPECT_EQ(found.nonce, wanted.nonce);
  // The image has an exchange, whether or not the loader said so.
  EXPECT_EQ(found.flags, abi::kParameterLoadKernelGdt | abi::kParameterHasExchange);
  // The image itself stays as it was.
  EXPECT_TRUE(same(sample_image().segments(), sample_segments()));
}

TEST(Image, PreparedTakesTheExchangeFromAStandaloneImage) {
  ImageInfo info = sample_info();
  info.flags = abi::kImageStandalone;
  info.exchange_base = 0;
  info.exchange_bytes = 0;
  const auto image = Image::build(info, sample_segments(), {});
  ASSERT_TRUE(image) << image.error().text();
  abi::LoaderParameters wanted;
  wanted.flags = abi::kParameterHasExchange;
  const auto segments = image->prepared(wanted);
  abi::LoaderParameters found;
  std::memcpy(&found, segments->at(2).content.data() + kSampleParametersOffset, sizeof found);
  EXPECT_EQ(found.flags, 0U);
}

TEST(Image, AnEmptyOneCannotBeWrittenOrPrepared) {
  EXPECT_EQ(Image().serialize().error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Image().prepared({}).error().code, ErrorCode::kInvalid);
}

TEST_F(ImageFile, OpensWhatItWrote) {
  const auto again = Image::open(path());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(same(sample_image(), *again));
}

TEST_F(ImageFile, NamesAPathThatCannotBeOpenedOrWritten) {
  EXPECT_EQ(Image::open(path() + ".not").error().subject, path() + ".not");
  EXPECT_EQ(Image::open(path() + ".not").error().system_errno, ENOENT);
  EXPECT_EQ(Image::open("/").error().system_errno, EISDIR);
  EXPECT_EQ(sample_image().write("/nonexistent/x").error().subject, "/nonexistent/x");
}

TEST_F(ImageFile, OpensThePinnedFileAndNoOther) {
  const Sha256 hash = Sha256::parse(sha256sum(path())).value();
  EXPECT_TRUE(Image::open(path(), hash));
  std::ofstream(path(), std::ios::app) << 'x';
  const auto changed = Image::open(path(), hash);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::kForbidden);
  EXPECT_EQ(changed.error().subject, path());
  EXPECT_THAT(changed.error().what, testing::HasSubstr(hash.hex()));
  EXPECT_THAT(changed.error().what, testing::HasSubstr(sha256sum(path())));
}

TEST_F(ImageFile, AHashIs64HexadecimalDigits) {
  const std::string hex = sha256sum(path());
  std::string large = hex;
  std::transform(large.begin(), large.end(), large.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  EXPECT_EQ(Sha256::parse(large).value().hex(), hex);
  for (const std::string& text : {std::string(), hex + "0", hex.substr(1), "g" + hex.substr(1),
                                  "+" + hex.substr(1), "0x" + hex.substr(2)}) {
    EXPECT_FALSE(Sha256::parse(text)) << text;
  }
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(Sha256::of(std::as_bytes(std::span("abc", 3))).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// What readelf prints for the program headers is exactly what we believe to have written.
TEST_F(ImageFile, ReadelfSeesTheSame) {
  const auto readelf = find_program("readelf");
  ASSERT_TRUE(readelf) << "apt install binutils";
  const std::string text = run({readelf->string(), "-lnW", path()});
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("Warning")));
  EXPECT_THAT(text, testing::HasSubstr("EXEC (Executable file)"));
  EXPECT_THAT(text, testing::HasSubstr(fmt::format("Entry point {:#x}\n", abi::kFlatBase)));
  EXPECT_THAT(text, testing::ContainsRegex(fmt::format("KJUMP +0x{:08x}", abi::kImageNoteBytes)));
  for (const Segment& segment : sample_segments()) {
    EXPECT_THAT(text, testing::ContainsRegex(fmt::format(
                          "LOAD +0x[0-9a-f]+ 0x{0:016x} 0x{0:016x} 0x{1:06x} 0x{2:06x} RWE 0x{3:x}",
                          segment.address, segment.content.size(), segment.memory_bytes, abi::kPageBytes)));
  }
  EXPECT_THAT(text, testing::HasSubstr("00     .note.kjump \n"));
  EXPECT_THAT(text, testing::HasSubstr("03     .flat .flat.bss \n"));
}

TEST_F(ImageFile, NmSeesTheSymbols) {
  const auto nm = find_program("nm");
  ASSERT_TRUE(nm) << "apt install binutils";
  const std::string text = run({nm->string(), "-S", path()});
  EXPECT_THAT(text, testing::HasSubstr("0000000000040000 0000000000000010 T kjump_kexec_entry\n"));
  EXPECT_THAT(text, testing::HasSubstr("0000000000041000 B some_zeros\n"));
  EXPECT_THAT(text, testing::HasSubstr("00000000ffffffff A nowhere\n"));
}

// People will strip images. That costs symbols, nothing else.
TEST_F(ImageFile, ToleratesStrip) {
  const auto strip = find_program("strip");
  ASSERT_TRUE(strip) << "apt install binutils";
  run({strip->string(), path()});
  const auto stripped = Image::open(path());
  ASSERT_TRUE(stripped) << stripped.error().text();
  EXPECT_TRUE(same(stripped->info(), sample_info()));
  EXPECT_TRUE(same(stripped->segments(), sample_segments()));
  EXPECT_TRUE(stripped->symbols().empty());
}

// The output of `kjump inspect` is an interface: scripts read its JSON, people its text.
TEST_F(ImageFile, InspectPrintsTheGoldenText) {
  const std::string kjump = KJUMP_BUILD_DIR "/sdk/cli/kjump";
  if (!std::filesystem::exists(kjump)) {
    GTEST_SKIP() << kjump << " is not built";
  }
  const auto golden = [this](const std::string& name) {
    std::ifstream file(KJUMP_SOURCE_DIR "/tests/golden/" + name);
    std::string text(std::istreambuf_iterator<char>(file), {});
    // The hash is whatever it is; that it is sha256sum's is another test's rule.
    return text.replace(text.find(kHashPlace), kHashPlace.size(), sha256sum(path()));
  };
  EXPECT_EQ(run({kjump, "inspect", path()}), golden("inspect_sample.txt"));
  EXPECT_EQ(run({kjump, "inspect", "--json", path()}), golden("inspect_sample.json"));
}

}  // namespace
}  // namespace kjump::test
