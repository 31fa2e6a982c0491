// SPDX-License-Identifier: MIT
// Rule: linking turns objects into an image in which everything stands at its physical address, in whole
// pages, with the linker script told every number of abi/layout.hpp; nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include <kjump/abi/layout.hpp>

#include "image/file_io.hpp"
#include "link/linked_file.hpp"
#include "link/lld.hpp"
#include "unit/link_workshop.hpp"

namespace kjump::test {
namespace {

class Link : public LinkWorkshop {};

template <typename T>
T load(const Segment& segment, std::size_t offset) {
  T value;
  EXPECT_LE(offset + sizeof value, segment.content.size());
  std::memcpy(&value, segment.content.data() + offset, sizeof value);
  return value;
}

std::uint32_t address_of(const Image& image, const std::string& name) {
  for (const Symbol& symbol : image.symbols()) {
    if (symbol.name == name) {
      return symbol.address;
    }
  }
  ADD_FAILURE() << "no symbol " << name;
  return 0;
}

TEST_F(Link, DescribesTheImage) {
  LinkOptions wanted = options();
  wanted.version = "3";
  wanted.description = "A test";
  wanted.deadline_ms = 7;
  const auto image = link(wanted);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->info().mode, abi::PayloadMode::kPhysical);
  EXPECT_EQ(image->info().flags, abi::kImageNeedsBios);
  EXPECT_EQ(image->info().name, "test");
  EXPECT_EQ(image->info().version, "3");
  EXPECT_EQ(image->info().description, "A test");
  EXPECT_EQ(image->info().deadline_ms, 7U);
  EXPECT_EQ(image->info().exchange_base, abi::kExchangeBase);
  EXPECT_EQ(image->info().exchange_bytes, abi::kExchangeBytes);
}

TEST_F(Link, SymbolsAndEntriesArePhysical) {
  const auto image = link(options());
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->info().kexec_entry, abi::kFlatBase + 0x20);
  EXPECT_EQ(image->info().parameters, abi::kFlatBase + 0x30);
  // Linked at 2, loaded in the real segment.
  EXPECT_EQ(image->info().wake_entry, abi::kRealBase + 2);
  EXPECT_EQ(address_of(*image, "kjump_wake_entry"), abi::kRealBase + 2);
  EXPECT_EQ(load<std::uint32_t>(image->segments()[1], 0x20), address_of(*image, "kjump_main"));
  // What --defsym defined is not a place.
  EXPECT_THAT(image->symbols(),
              testing::Each(testing::Field(&Symbol::name, testing::Not(testing::StartsWith("KJUMP_")))));
}

TEST_F(Link, SegmentsAreWholePages) {
  LinkOptions wanted = options();
  wanted.inputs.push_back(assemble("bss", "global many\nsection .bss\nmany: resb 0x1001\n"));
  const auto script = "EXTERN(many)\n" + std::string(kScript);
  write("support/kjump-physical.ld", script);
  const auto image = link(wanted);
  ASSERT_TRUE(image) << image.error().text();
  const auto& segments = image->segments();
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].address, abi::kRealBase);
  EXPECT_EQ(segments[0].memory_bytes, abi::kPageBytes);
  EXPECT_EQ(load<std::uint16_t>(segments[0], 2), 0x2222);
  // .flat and .data share a page, .bss touches it and costs nothing: one segment.
  EXPECT_EQ(segments[1].address, abi::kFlatBase);
  EXPECT_EQ(segments[1].memory_bytes, 3 * abi::kPageBytes);
  EXPECT_EQ(segments[1].content.size(), 0x840U);
  EXPECT_EQ(load<std::uint32_t>(segments[1], 0), 0U);
  // Another area, though empty too.
  EXPECT_EQ(segments[2].address, abi::kFlatEnd);
  EXPECT_EQ(segments[2].memory_bytes, abi::kPageTablesBytes);
  EXPECT_TRUE(segments[2].content.empty());
}

TEST_F(Link, ScriptKnowsTheLayout) {
  const auto image = link(options());
  ASSERT_TRUE(image) << image.error().text();
  const std::uint32_t expected[] = {
      abi::kRealBase,         abi::kRealCodeEnd,     abi::kRealBytes,          abi::kBounceBase,
      abi::kBounceBytes,      abi::kFlatBase,        abi::kFlatCodeEnd,        abi::kFlatEnd,
      abi::kPageTablesBase,   abi::kPageTablesBytes, abi::kSupervisorStackTop, abi::kRealStackTop,
      abi::kFirmwareStackTop, abi::kFlatStackTop,    abi::kExchangeBase,       abi::kExchangeBytes};
  std::size_t offset = address_of(*image, "layout") - abi::kFlatBase;
  for (const std::uint32_t number : expected) {
    EXPECT_EQ(load<std::uint32_t>(image->segments()[1], offset), number) << offset;
    offset += sizeof number;
  }
}

// Whether there is an exchange is settled when the image is loaded, not before.
TEST_F(Link, LinkedImagesPromiseNoExchange) {
  for (const bool standalone : {false, true}) {
    LinkOptions wanted = options();
    wanted.standalone = standalone;
    wanted.needs_bios = false;
    const auto image = link(wanted);
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(image->info().flags, standalone ? abi::kImageStandalone : 0);
    EXPECT_EQ(image->info().exchange_base == 0, standalone);
    const auto parameters = load<abi::LoaderParameters>(image->segments()[1], 0x30);
    EXPECT_EQ(parameters.magic, abi::kParametersMagic);
    EXPECT_EQ(parameters.flags, 0U);
  }
}

TEST_F(Link, TheWakeEntryIsOptional) {
  LinkOptions wanted = options();
  // The same stub under another name.
  write("support/kjump-physical.ld", std::string(kScript));
  const auto stub = fmt::format(
      "extern kjump_main\nglobal kjump_kexec_entry, kjump_parameters\nsection .flat progbits alloc exec "
      "write\n"
      "kjump_kexec_entry: dd kjump_main\nkjump_parameters: dd {0:#x}\n times {1} - 4 db 0\n"
      " dw {2}\n times {2} - {1} - 2 db 0\n",
      abi::kParametersMagic, offsetof(abi::LoaderParameters, parameters_bytes), abi::kLoaderParametersBytes);
  std::filesystem::remove(path("support/libkjump-stub.a"));
  archive("support/libkjump-stub.a", {assemble("other", stub)});
  const auto image = link(wanted);
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ(image->info().wake_entry, 0U);
}

TEST_F(Link, SameInputsGiveTheSameBytes) {
  const auto first = link(options());
  const auto second = link(options());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first->serialize(), *second->serialize());
}

TEST_F(Link, TakesArchivesAndWritesAMap) {
  LinkOptions wanted = options();
  wanted.inputs = {archive("libmain.a", wanted.inputs)};
  wanted.map_file = path("test.map");
  const auto image = link(wanted);
  ASSERT_TRUE(image) << image.error().text();
  const auto map = image::read_file(wanted.map_file);
  ASSERT_TRUE(map);
  EXPECT_GT(map->size(), 0U);
}

TEST_F(Link, LeavesNothingBehind) {
  std::filesystem::create_directory(path("tmp"));
  const Variable temporary("TMPDIR", path("tmp").string());
  EXPECT_TRUE(link(options()));
  LinkOptions broken = options();
  broken.inputs = {assemble("empty", "")};
  EXPECT_FALSE(link(broken));
  EXPECT_TRUE(std::filesystem::is_empty(path("tmp")));
}

// ld.lld may be killed half way: its output is read as suspiciously as an image.
TEST_F(Link, HalfAnOutputIsNotRead) {
  const auto output = path("payload.elf");
  const auto support_files = linking::find_support(support(), image::mode_of(abi::PayloadMode::kPhysical));
  ASSERT_TRUE(support_files);
  ASSERT_TRUE(linking::run_lld(options(), *support_files, output));
  const auto bytes = image::read_file(output);
  ASSERT_TRUE(bytes);
  ASSERT_TRUE(linking::read_linked(*bytes, image::mode_of(abi::PayloadMode::kPhysical), "whole"));
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    const std::vector<std::byte> cut(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(linking::read_linked(cut, image::mode_of(abi::PayloadMode::kPhysical), "cut")) << size;
  }
}

TEST_F(Link, WorksWithTheRealSupportDirectory) {
  for (const auto mode : {abi::PayloadMode::kReal, abi::PayloadMode::kPhysical}) {
    if (!linking::find_support(KJUMP_SUPPORT_DIR, image::mode_of(mode))) {
      GTEST_SKIP() << KJUMP_SUPPORT_DIR << " is not built";
    }
    LinkOptions wanted = options();
    wanted.mode = mode;
    wanted.support_directory = KJUMP_SUPPORT_DIR;
    const auto image = link(wanted);
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_GE(image->info().kexec_entry, abi::kFlatBase);
  }
}

}  // namespace
}  // namespace kjump::test
