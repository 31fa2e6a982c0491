// SPDX-License-Identifier: MIT
// Rule: the wake-up code is found only where the kernel's own table points at it and its first instructions
// are the known ones; anything else in low memory is no reason to plant a jump (wake_door.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/wake_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

std::string why_not_found(const test::WakeMachine& machine) {
  const auto code = find_wake_code(machine);
  return code ? "found" : code.error().text();
}

TEST(WakeCode, IsFoundWhereTheTableSays) {
  const test::WakeMachine machine;
  const auto code = find_wake_code(machine);
  ASSERT_TRUE(code) << code.error().text();
  EXPECT_EQ(code->address, test::kWakeCode);
  EXPECT_EQ(code->block, test::kBlock);
  EXPECT_EQ(code->bytes, (WakeJump{0xFA, 0xFC, 0xEA, 0xE0, 0x01}));
}

TEST(WakeCode, AFormerKernelsLeftoverBelowIsNotTaken) {
  const test::WakeMachine machine;
  constexpr std::uint32_t kOld = 0x91000;
  machine.poke(kOld + 0x1D0, std::string("\xFA\xFC\xEA\xE0\x01\x00\x91", 7));
  machine.poke_dword(kOld + 0x2C0 + 56, 0x51EE1111);
  machine.poke_dword(kOld + 0x18, kOld + 0x1D0);
  machine.poke_dword(kOld + 0x1C, kOld + 0x2C0);
  EXPECT_EQ(find_wake_code(machine).value().address, test::kWakeCode);
  machine.poke_dword(test::kSignaturePlace, 0);
  EXPECT_EQ(find_wake_code(machine).value().address, kOld + 0x1D0) << "without the kernel's own it would be";
}

TEST(WakeCode, UnknownFormsAreNotTouched) {
  {
    const test::WakeMachine machine;
    machine.poke_dword(test::kSignaturePlace, 0);
    EXPECT_THAT(why_not_found(machine), HasSubstr("no wake-up code"));
  }
  for (const auto& [place, value] : {std::pair{test::kWakeCode, 0x90909090U},  // other instructions
                                     std::pair{test::kBlock + 0x1C, 0U},       // nothing points at the header
                                     std::pair{test::kBlock + 0x18, 0xFFFFFFF0U},  // code outside of memory
                                     std::pair{test::kWakeCode + 4, 0x98000001U}}) {  // a jump to elsewhere
    const test::WakeMachine machine;
    machine.poke_dword(place, value);
    EXPECT_THAT(why_not_found(machine), HasSubstr("unknown form")) << std::hex << place;
  }
}

TEST(WakeCode, AnySizeOfMemoryIsSafe) {
  const test::WakeMachine machine;
  const std::string all = machine.peek(0x98000, 0x8000);
  for (std::size_t bytes = 0; bytes <= all.size(); bytes += 37) {
    static_cast<void>(find_wake_code(std::as_bytes(std::span(all.data(), bytes)), 0x98000));
  }
  EXPECT_TRUE(find_wake_code(std::as_bytes(std::span(all)), 0x98000));
}

TEST(WakeCode, TheJumpLeadsIntoTheRealSegment) {
  EXPECT_EQ(jump_to(abi::kRealBase + 0x1234), (WakeJump{0xEA, 0x34, 0x12, 0x00, 0x10}));
}

}  // namespace
}  // namespace kjump
