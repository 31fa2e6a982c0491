// SPDX-License-Identifier: MIT
// Rule: of every call of a batch it is known before the jump what it does to a machine that Linux drives;
// where the function is not known, the call is judged by the vector's other functions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include <kjump/bios_calls.hpp>

#include "bios/planned_calls.hpp"

namespace kjump::bios {
namespace {

using ::testing::ElementsAre;

Step step_of(std::uint8_t vector, std::uint32_t eax) {
  Step step = interrupt(vector);
  step.call.registers.eax = eax;
  return step;
}

CallClass class_of(std::uint8_t vector, std::optional<std::uint16_t> ax = {}) {
  return traits_of({vector, ax}).call_class;
}

CallDevice device_of(std::uint8_t vector, std::optional<std::uint16_t> ax = {}) {
  return traits_of({vector, ax}).device;
}

TEST(BiosPlannedCalls, EachInterruptCallOnce) {
  const std::vector<Step> steps{step_of(0x13, 0xFFFF4200), step_of(0x13, 0x4200), step_of(0x15, 0xE820),
                                far_call(0xF000, 0xE05B), read_memory(0x475, 1)};
  EXPECT_THAT(planned_calls(steps), ElementsAre(PlannedCall{0x13, 0x4200}, PlannedCall{0x15, 0xE820}));
}

TEST(BiosPlannedCalls, ARepetitionThatChangesAxLeavesTheFunctionOpen) {
  Step step = step_of(0x13, 0x4100);
  step.repeat = abi::BatchRepeat::kCountAt;
  step.repeat_register = offsetof(abi::FirmwareRegisters, edx);
  EXPECT_THAT(planned_calls({step}), ElementsAre(PlannedCall{0x13, 0x4100}));
  step.repeat_register = offsetof(abi::FirmwareRegisters, eax);
  EXPECT_THAT(planned_calls({step}), ElementsAre(PlannedCall{0x13, {}}));
}

TEST(BiosPlannedCalls, OnlyTheListOfDisksIsReadWithoutTheController) {
  for (const int ax : {0x0100, 0x0880, 0x1500, 0x4100, 0x4800}) {
    EXPECT_EQ(device_of(0x13, static_cast<std::uint16_t>(ax)), CallDevice::kNone) << std::hex << ax;
    EXPECT_EQ(class_of(0x13, static_cast<std::uint16_t>(ax)), CallClass::kPure) << std::hex << ax;
  }
  for (const int ax : {0x0000, 0x0201, 0x0301, 0x0401, 0x1000, 0x4200, 0x4300, 0x4400, 0x4B01}) {
    EXPECT_EQ(device_of(0x13, static_cast<std::uint16_t>(ax)), CallDevice::kDisk) << std::hex << ax;
  }
  EXPECT_EQ(device_of(0x13), CallDevice::kDisk);
}

TEST(BiosPlannedCalls, Classes) {
  EXPECT_EQ(class_of(0x12), CallClass::kPure);
  EXPECT_EQ(class_of(0x15, 0xE820), CallClass::kPure);
  EXPECT_EQ(class_of(0x15, 0x2401), CallClass::kStateful);
  EXPECT_EQ(class_of(0x15, 0x5307), CallClass::kUnsafe) << "APM";
  EXPECT_EQ(class_of(0x19), CallClass::kUnsafe);
  EXPECT_EQ(class_of(0x60), CallClass::kStateful) << "unknown";
  EXPECT_EQ(class_of(0x10, 0x4F00), CallClass::kPure);
  EXPECT_EQ(class_of(0x10, 0x4F02), CallClass::kStateful);
  EXPECT_EQ(device_of(0x10, 0x4F00), CallDevice::kDisplay);
  EXPECT_EQ(device_of(0x16, 0x0100), CallDevice::kKeyboard);
}

// The typed services, as bios_calls.hpp documents them.
TEST(BiosPlannedCalls, ServicesHaveTheClassesThatTheyClaim) {
  const auto all = [](const Batch& batch, CallClass call_class, CallDevice device) {
    for (const PlannedCall& call : planned_calls(batch.steps())) {
      EXPECT_EQ(traits_of(call).call_class, call_class) << name_of(call);
      EXPECT_EQ(traits_of(call).device, device) << name_of(call);
    }
  };
  all(memory_map_batch(), CallClass::kPure, CallDevice::kNone);
  all(equipment_batch(), CallClass::kPure, CallDevice::kNone);
  all(disks_batch(), CallClass::kPure, CallDevice::kNone);
  all(video_modes_batch(), CallClass::kPure, CallDevice::kDisplay);
  all(read_sector_batch({}).value(), CallClass::kStateful, CallDevice::kDisk);
}

TEST(BiosPlannedCalls, SpellingIsReadBack) {
  for (const PlannedCall& call : {PlannedCall{0x13, 0x4200}, PlannedCall{0x5, {}}, PlannedCall{0xFF, 0}}) {
    EXPECT_EQ(parse_planned_call(spell(call)).value(), call) << spell(call);
  }
  EXPECT_EQ(parse_planned_call("13h:42h").value(), (PlannedCall{0x13, 0x42}));
  for (const char* text : {"", "15", "0x100", "0x13:", "0x13:0x10000", ":0x1", "0x13:1:2"}) {
    EXPECT_FALSE(parse_planned_call(text)) << text;
  }
  EXPECT_EQ(name_of({0x13, 0x4200}), "INT 13h AX=4200h");
  EXPECT_EQ(name_of({0x5, {}}), "INT 05h");
}

}  // namespace
}  // namespace kjump::bios
