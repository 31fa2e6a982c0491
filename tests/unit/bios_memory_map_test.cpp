// SPDX-License-Identifier: MIT
// Rule: the memory map is what the firmware says, read by the rules that real firmware taught (T53): CF ends
// the list, a lost 'SMAP' spoils all of it, entries of 20 bytes are fine. Answers recorded from
// SeaBIOS 1.16.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <kjump/bios_calls.hpp>

#include "bios/json.hpp"
#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kSmap = 0x534D4150;

CallResult entry(std::uint32_t iteration, std::uint32_t next, std::string_view hex,
                 std::uint32_t bytes = 20) {
  return answered(0, iteration, {.eax = kSmap, .ebx = next, .ecx = bytes, .edx = kSmap}, from_hex(hex, 24));
}

std::vector<CallResult> recorded() {
  return {entry(0, 1, "000000000000000000fc090000000000010000000000000000"),
          entry(1, 2, "00fc090000000000000400000000000002000000"),
          entry(2, 3, "00000f00000000000000010000000000020000000"),
          entry(3, 4, "00001000000000000000ee0f0000000001000000"),
          entry(4, 5, "0000fe0f00000000000002000000000002000000"),
          entry(5, 6, "0000fcff00000000000004000000000002000000"),
          entry(6, 0, "00000000fd000000000000000300000002000000"),
          answered(1, 0, {.eax = 0x27F, .eflags = kCarrySet})};  // INT 12h leaves the preset CF alone
}

std::vector<CallResult> recorded_with(std::size_t index, const CallResult& call) {
  auto calls = recorded();
  calls[index] = call;
  calls[0].buffer.resize(24);
  return calls;
}

Result<MemoryMap> decode(std::vector<CallResult> calls, abi::BatchStatus status = abi::BatchStatus::kDone) {
  for (CallResult& call : calls) {
    call.buffer.resize(call.step == 0 ? 24 : 0);
  }
  return decode_memory_map(reply_of(std::move(calls), status));
}

TEST(BiosMemoryMap, AsksAsTheSpecificationSays) {
  const auto& steps = memory_map_batch().steps();
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].call.registers.eax, 0xE820u);
  EXPECT_EQ(steps[0].call.registers.edx, kSmap);
  EXPECT_EQ(steps[0].call.registers.ecx, 24u);
  EXPECT_EQ(steps[0].repeat, abi::BatchRepeat::kWhileNonZero);
  EXPECT_TRUE(memory_map_batch().encode());
}

TEST(BiosMemoryMap, DecodesARecording) {
  const auto map = decode(recorded());
  ASSERT_TRUE(map) << map.error().text();
  ASSERT_EQ(map->ranges.size(), 7u);
  EXPECT_EQ(map->ranges[0], (MemoryRange{0, 0x9FC00, 1, 1}));
  EXPECT_EQ(map->ranges[6], (MemoryRange{0xFD00000000, 0x300000000, 2, 1}));
  EXPECT_EQ(map->base_memory_kib, 639);
  EXPECT_FALSE(map->ended_by_carry);
  EXPECT_EQ(to_json(*map)["ranges"][3]["bytes"], 0xFEE0000);
}

TEST(BiosMemoryMap, LongEntriesCarryAttributes) {
  const auto map =
      decode(recorded_with(1, entry(1, 2, "00fc0900000000000004000000000000020000000a000000", 24)));
  ASSERT_TRUE(map) << map.error().text();
  EXPECT_EQ(map->ranges[1].attributes, 10u);
}

TEST(BiosMemoryMap, CarryEndsTheListButNotTheFirst) {
  auto calls = recorded();
  calls[3].registers.eflags |= 1;
  const auto map = decode(calls);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->ranges.size(), 3u);
  EXPECT_TRUE(map->ended_by_carry);
  calls[0].registers.eflags |= 1;
  EXPECT_EQ(decode(calls).error().code, ErrorCode::kUnsupported);
}

TEST(BiosMemoryMap, RefusesAstrayFirmware) {
  auto lost = recorded();
  lost[4].registers.eax = 0xE820;
  EXPECT_THAT(decode(lost).error().text(), HasSubstr("entry 4 is not signed 'SMAP' but 0x0000e820"));
  auto shorter = recorded();
  shorter[2].registers.ecx = 19;
  EXPECT_THAT(decode(shorter).error().text(), HasSubstr("entry 2 has 19 bytes"));
  EXPECT_THAT(decode(recorded(), abi::BatchStatus::kLimit).error().text(), HasSubstr("does not end"));
  EXPECT_FALSE(decode({}));
}

TEST(BiosMemoryMap, ComparesWhatMapsDescribe) {
  const MemoryRange low{0, 0x1000, 1, 1};
  const MemoryRange next{0x1000, 0x2000, 1, 0};
  const MemoryRange joined{0, 0x3000, 1, 1};
  const MemoryRange empty{0x9000, 0, 2, 1};
  EXPECT_THAT(compare_memory_maps({next, low, empty}, {joined}), IsEmpty());
  EXPECT_THAT(compare_memory_maps({low}, {joined}), ElementsAre("only in the first map: 0x0-0xfff usable",
                                                                "only in the second map: 0x0-0x2fff usable"));
  EXPECT_EQ(compare_memory_maps({{0, 0x1000, 2, 1}}, {low}).size(), 2u);
}

TEST(BiosMemoryMap, ReadsLinuxsOwnMap) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("kjump-memmap-" + std::to_string(::getpid()));
  const auto write = [&root](const char* number, const char* start, const char* end, const char* type) {
    fs::create_directories(root / number);
    std::ofstream(root / number / "start") << start << "\n";
    std::ofstream(root / number / "end") << end << "\n";
    std::ofstream(root / number / "type") << type << "\n";
  };
  write("10", "0x100000", "0xffdffff", "System RAM");
  write("2", "0x0", "0x9fbff", "System RAM");
  write("3", "0xf0000", "0xfffff", "Reserved");
  const auto map = firmware_memory_map(root);
  ASSERT_TRUE(map) << map.error().text();
  EXPECT_EQ(map->at(0), (MemoryRange{0, 0x9FC00, 1, 1}));
  EXPECT_EQ(map->at(1).type, 2u);
  EXPECT_EQ(map->at(2).base, 0x100000u);
  write("2", "0x0", "rubbish", "System RAM");
  EXPECT_THAT(firmware_memory_map(root).error().text(), HasSubstr("'rubbish' is not an address"));
  write("2", "0x5", "0x4", "System RAM");
  EXPECT_FALSE(firmware_memory_map(root));
  fs::remove(root / "2" / "end");
  EXPECT_FALSE(firmware_memory_map(root));
  fs::remove_all(root);
  EXPECT_THAT(firmware_memory_map(root).error().text(), HasSubstr("CONFIG_FIRMWARE_MEMMAP"));
}

TEST(BiosMemoryMap, TypesHaveNames) {
  EXPECT_EQ(memory_type_name(1), "usable");
  EXPECT_EQ(memory_type_name(4), "ACPI NVS");
  EXPECT_EQ(memory_type_name(12), "type 12");
}

}  // namespace
}  // namespace kjump::bios
