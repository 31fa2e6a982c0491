// SPDX-License-Identifier: MIT
// Rule: all video modes come in one jump, their numbers from the card's list, and a machine without a video
// BIOS or without VBE is told apart from one with no modes. Answers recorded from SeaVGABIOS 1.16.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include <kjump/bios_calls.hpp>

#include "bios/json.hpp"
#include "unit/bios_answers.hpp"

namespace kjump::bios {
namespace {

// Version 3.0, 16 MiB, list of modes at 2000:0022: 0x101, 0x118, end.
constexpr std::string_view kController =
    "564553410003305a00c0010000002200002000010000445a00c0575a00c06b5a00c001011801ffff";
constexpr std::string_view kMode118 =
    "bb0007004000400000a00000e35600c0000c00040003081001180106000601081008080800000000000000fd000000000000000c"
    "00";

std::vector<CallResult> calls() {
  return {answered(0, 0, {.eax = 0x5003, .eflags = kCarrySet}),
          answered(1, 0, {.eax = 0x4F}, from_hex(kController, 512)),
          answered(2, 0, {.eax = 0x4F, .ecx = 0xBAD}, from_hex(kMode118, 64)),
          answered(2, 1, {.eax = 0x4F, .ecx = 0xBAD}, from_hex(kMode118, 64)),
          answered(3, 0, {.eax = 0x4F, .ebx = 0x0003})};
}

TEST(BiosVideo, AsksWithoutOverwritingTheList) {
  const auto& steps = video_modes_batch().steps();
  ASSERT_TRUE(video_modes_batch().encode());
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[1].call.registers.eax, 0x4F00u);
  EXPECT_EQ(std::memcmp(steps[1].input.data(), "VBE2", 4), 0);
  EXPECT_GE(steps[2].buffer_offset, steps[1].buffer_offset + steps[1].buffer_bytes);
  EXPECT_EQ(steps[2].call.registers.edi, steps[2].buffer_offset);
  EXPECT_EQ(steps[2].repeat_address, abi::kBounceBase + 0x0E);
}

// Without this the interrupt vectors would be the list of modes of a card that does not answer.
TEST(BiosVideo, TheListIsEmptyUntilTheCardGivesOne) {
  const auto input = video_modes_batch().steps()[1].input;
  std::uint16_t offset = 0;
  std::uint16_t segment = 0;
  std::memcpy(&offset, input.data() + 0x0E, 2);
  std::memcpy(&segment, input.data() + 0x10, 2);
  EXPECT_EQ(segment, abi::kBounceSegment);
  ASSERT_LE(offset + 2u, input.size());
  EXPECT_EQ(input[offset], std::byte{0xFF});
  EXPECT_EQ(input[offset + 1u], std::byte{0xFF});
}

TEST(BiosVideo, DecodesARecording) {
  const auto video = decode_video_modes(reply_of(calls()));
  ASSERT_TRUE(video) << video.error().text();
  EXPECT_EQ(video->current_mode, 3);
  EXPECT_EQ(video->columns, 80);
  EXPECT_EQ(video->vbe_version, 0x300);
  EXPECT_EQ(video->memory_kib, 16384u);
  EXPECT_EQ(video->current_vbe_mode, 3);
  ASSERT_EQ(video->modes.size(), 2u);
  const VideoMode& mode = video->modes[1];
  EXPECT_EQ(mode.number, 0x118) << "from the list: CX is not to be trusted (T15)";
  EXPECT_EQ(mode.width, 1024);
  EXPECT_EQ(mode.height, 768);
  EXPECT_EQ(mode.bits_per_pixel, 24);
  EXPECT_EQ(mode.bytes_per_line, 3072);
  EXPECT_EQ(mode.framebuffer, 0xFD000000u);
  EXPECT_TRUE(mode.supported() && mode.graphics() && mode.linear());
  EXPECT_FALSE(video->truncated);
  EXPECT_EQ(to_json(*video)["modes"][0]["number"], 0x101);
}

TEST(BiosVideo, AListElsewhereLeavesTheNumberToTheFirmware) {
  auto list_in_rom = calls();
  list_in_rom[1].buffer[0x10] = std::byte{0x00};
  list_in_rom[1].buffer[0x11] = std::byte{0xC0};
  EXPECT_EQ(decode_video_modes(reply_of(list_in_rom))->modes[0].number, 0xBAD);
}

TEST(BiosVideo, ModesThatFailAreLeftOut) {
  auto failing = calls();
  failing[2].registers.eax = 0x014F;
  EXPECT_EQ(decode_video_modes(reply_of(failing))->modes.size(), 1u);
  EXPECT_TRUE(decode_video_modes(reply_of(calls(), abi::BatchStatus::kLimit))->truncated);
}

TEST(BiosVideo, NoVbeAndNoVideoBios) {
  auto no_vbe = calls();
  no_vbe[1].registers.eax = 0x4F00;
  no_vbe.erase(no_vbe.begin() + 2, no_vbe.begin() + 4);
  const auto video = decode_video_modes(reply_of(no_vbe));
  ASSERT_TRUE(video);
  EXPECT_EQ(video->vbe_version, 0);
  EXPECT_TRUE(to_json(*video)["current_vbe_mode"].is_null());
  no_vbe[0].registers.eax = 0x0F00;  // nothing touched AX
  EXPECT_EQ(decode_video_modes(reply_of(no_vbe)).error().code, ErrorCode::kUnsupported);
  auto unsigned_block = calls();
  unsigned_block[1].buffer[0] = std::byte{0};
  EXPECT_EQ(decode_video_modes(reply_of(unsigned_block))->vbe_version, 0);
  no_vbe.clear();
  EXPECT_FALSE(decode_video_modes(reply_of(no_vbe)));
}

}  // namespace
}  // namespace kjump::bios
