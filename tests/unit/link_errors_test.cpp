// SPDX-License-Identifier: MIT
// Rule: when linking fails, the error says what is wrong in the linker's or our words, and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "unit/link_workshop.hpp"

namespace kjump::test {
namespace {

using testing::HasSubstr;

class LinkErrors : public LinkWorkshop {
 protected:
  /// The error of linking one input in place of the good one.
  Error error_of(const std::filesystem::path& input, abi::PayloadMode mode = abi::PayloadMode::kPhysical) {
    LinkOptions wanted = options();
    wanted.inputs = {input};
    wanted.mode = mode;
    return error_of(wanted);
  }
  static Error error_of(const LinkOptions& wanted) {
    const auto image = link(wanted);
    EXPECT_FALSE(image);
    return image ? Error{} : image.error();
  }
};

TEST_F(LinkErrors, MissingMain) {
  const Error error = error_of(assemble("empty", ""));
  EXPECT_THAT(error.what, HasSubstr("undefined symbol: kjump_main"));
  EXPECT_EQ(error.hint, "the payload must define extern \"C\" uint32_t kjump_main()");
}

TEST_F(LinkErrors, OtherUndefinedSymbolsAreTheLinkersToName) {
  const Error error = error_of(assemble("calls", std::string(kMain) + "extern printf\n dd printf\n"));
  EXPECT_THAT(error.what, HasSubstr("undefined symbol: printf"));
  EXPECT_THAT(error.hint, testing::Not(HasSubstr("kjump_main")));
}

TEST_F(LinkErrors, SixtyFourBitObject) {
  const Error error = error_of(assemble("wide", kMain, "elf64"));
  EXPECT_EQ(error.code, ErrorCode::kMalformed);
  EXPECT_THAT(error.what, HasSubstr("64-bit"));
  EXPECT_EQ(error.subject, path("wide.o").string());
  EXPECT_THAT(error.hint, testing::AllOf(HasSubstr("-m32"), HasSubstr("nasm -f elf32")));
}

TEST_F(LinkErrors, HintIsForTheMode) {
  EXPECT_THAT(error_of(assemble("wide", kMain, "elf64"), abi::PayloadMode::kReal).hint, HasSubstr("-m16"));
}

TEST_F(LinkErrors, SixtyFourBitMemberOfAnArchive) {
  const Error error = error_of(archive("libwide.a", {assemble("wide", kMain, "elf64")}));
  EXPECT_THAT(error.what, HasSubstr("incompatible"));
  EXPECT_THAT(error.hint, HasSubstr("-m32"));
}

TEST_F(LinkErrors, SourceFile) {
  EXPECT_THAT(error_of(write("main.cpp", "int main() {}")).what,
              HasSubstr("neither an object file nor an archive"));
}

TEST_F(LinkErrors, EmptyAndShortFiles) {
  EXPECT_THAT(error_of(write("empty", "")).what, HasSubstr("neither"));
  EXPECT_THAT(error_of(write("short", "\177ELF")).what, HasSubstr("cut off"));
}

TEST_F(LinkErrors, MissingFileAndDirectory) {
  EXPECT_EQ(error_of(path("missing.o")).system_errno, ENOENT);
  EXPECT_EQ(error_of(path("missing.o")).subject, path("missing.o").string());
  EXPECT_EQ(error_of(support()).subject, support().string());
}

TEST_F(LinkErrors, NoInput) {
  LinkOptions wanted = options();
  wanted.inputs.clear();
  EXPECT_EQ(error_of(wanted).what, "nothing to link");
}

TEST_F(LinkErrors, TooLarge) {
  const Error error = error_of(assemble("large", std::string(kMain) + "times 0x50000 db 0\n"));
  EXPECT_FALSE(error.hint.empty()) << error.text();
}

TEST_F(LinkErrors, NoLinker) {
  const LinkOptions wanted = options();
  const Variable nowhere("PATH", path("nowhere").string());
  const Error error = error_of(wanted);
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_EQ(error.hint, "apt install lld");
}

TEST_F(LinkErrors, VersionedLinkerWillDo) {
  const LinkOptions wanted = options();
  std::filesystem::create_directory(path("bin"));
  std::filesystem::create_symlink(*linking::find_program("ld.lld"), path("bin/ld.lld-14"));
  const Variable only("PATH", path("bin").string());
  // lld goes by the name that it is called with: ld.lld-14 must still be the ELF linker.
  const auto image = link(wanted);
  EXPECT_TRUE(image) << image.error().text();
}

TEST_F(LinkErrors, IncompleteSupportDirectory) {
  std::filesystem::remove(path("support/libkjump-physical.a"));
  const Error error = error_of(options());
  EXPECT_EQ(error.subject, path("support/libkjump-physical.a").string());
}

TEST_F(LinkErrors, SupportDirectoryFromTheEnvironment) {
  LinkOptions wanted = options();
  wanted.support_directory.clear();
  const Variable good("KJUMP_SUPPORT_DIR", support().string());
  EXPECT_TRUE(link(wanted));
  const Variable bad("KJUMP_SUPPORT_DIR", path("nowhere").string());
  EXPECT_THAT(error_of(wanted).hint, HasSubstr("KJUMP_SUPPORT_DIR"));
}

TEST_F(LinkErrors, StubWithoutParameters) {
  std::filesystem::remove(path("support/libkjump-stub.a"));
  archive("support/libkjump-stub.a",
          {assemble("poor",
                    "extern kjump_main\nglobal kjump_kexec_entry\nsection .flat progbits alloc exec\n"
                    "kjump_kexec_entry: dd kjump_main\n")});
  EXPECT_THAT(error_of(options()).what, HasSubstr("kjump_parameters"));
}

TEST_F(LinkErrors, NameThatDoesNotFit) {
  LinkOptions wanted = options();
  wanted.name = std::string(40, 'n');
  EXPECT_EQ(error_of(wanted).code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace kjump::test
