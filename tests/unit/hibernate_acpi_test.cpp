// SPDX-License-Identifier: MIT
// Rule: SLP_TYP of \_S5_ is found in every form that firmware writes it in, and in nothing that only looks
// like it; FADT fields count where they are given and only there.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "hibernate/acpi_facts.hpp"
#include "hibernate/aml_sleep.hpp"
#include "unit/hibernate_machine.hpp"

namespace kjump::test {
namespace {

using hibernate::find_sleep_type;
using namespace std::string_literals;

void expect_type(const std::string& aml, unsigned a, unsigned b) {
  const auto type = find_sleep_type(aml, "_S5_");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->a, a);
  EXPECT_EQ(type->b, b);
}

TEST(SleepType, EveryEncoding) {
  expect_type("\x08_S5_\x12\x06\x04\x00\x00\x00\x00"s, 0, 0);                      // SeaBIOS: four ZeroOps
  expect_type("\x08_S5_\x12\x06\x04\x01\x01\x00\x00"s, 1, 1);                      // OneOp
  expect_type("\x08_S5_\x12\x07\x04\x0A\x07\x0A\x05\x00\x00"s, 7, 5);              // BytePrefix
  expect_type("xx\x08\\_S5_\x12\x07\x02\x0B\x05\x00\x0C\x04\x00\x00\x00"s, 5, 4);  // root, word, dword
  expect_type("\x08_S5_\x12\x40\x08\x02\x0A\x06\x0A\x02"s, 6, 2);                  // PkgLength of two bytes
  expect_type("\x08_S5_\x12\x04\x01\x0A\x03"s, 3, 0);                              // one element
}

TEST(SleepType, NothingElse) {
  for (const std::string& aml :
       {"_S5_\x12\x06\x04\x00\x00"s, "\x14\x0A_S5_\x00"s, "\x08_S5_\x12\x07\x04\x0A\x08\x00"s,
        "\x08_S5_\x12\x06\x00\x00"s, "\x08_S5_\x12\x06\x04"s, "\x08_S5_\x12"s, "\x08_S5_\x12\xC6\x04\x00"s,
        "\x08_S5_\x12\x06\x04\xFF\x00"s, "\x08_S4_\x12\x06\x04\x00\x00"s, ""s}) {
    EXPECT_FALSE(find_sleep_type(aml, "_S5_"));
  }
  expect_type("\x08_S5_\x13_\x08_S5_\x12\x06\x02\x01\x00"s, 1, 0);  // the second one is it
}

std::string table(const std::string& signature, std::string body) {
  std::string all =
      signature + raw(static_cast<std::uint32_t>(36 + body.size())) + std::string(28, '\0') + body;
  all[9] = static_cast<char>(-std::accumulate(all.begin(), all.end(), 0));
  return all;
}

template <typename Number>
void put_number(std::string& fadt, std::size_t offset, Number value) {
  fadt.replace(offset - 36, sizeof(value), raw(value));
}

// As QEMU's i440fx has it, with an extended GPE1 block.
std::string fadt() {
  std::string body(244 - 36, '\0');
  put_number<std::uint32_t>(body, 48, 0xB2);
  put_number<std::uint8_t>(body, 52, 0xF1);
  put_number<std::uint32_t>(body, 56, 0x600);
  put_number<std::uint32_t>(body, 64, 0x604);
  put_number<std::uint32_t>(body, 80, 0xAFE0);
  put_number<std::uint8_t>(body, 88, 4);
  put_number<std::uint8_t>(body, 92, 4);
  put_number<std::uint8_t>(body, 93, 16);
  put_number<std::uint32_t>(body, 112, 1U << 10U);
  put_number<std::uint8_t>(body, 116, 1);
  put_number<std::uint64_t>(body, 120, 0xCF9);
  put_number<std::uint8_t>(body, 128, 6);
  put_number<std::uint8_t>(body, 232, 1);
  put_number<std::uint64_t>(body, 236, 0x1880);
  return body;
}

TEST(AcpiFacts, FieldsOfTheFadt) {
  FakeMachine machine;
  machine.put("/sys/firmware/acpi/tables/FACP", table("FACP", fadt()));
  machine.put("/sys/firmware/acpi/tables/DSDT", table("DSDT", "nothing"));
  machine.put("/sys/firmware/acpi/tables/SSDT2", table("SSDT", "\x08_S5_\x12\x06\x04\x0A\x05\x0A\x05"s));
  const auto known = hibernate::read_acpi(machine);
  EXPECT_EQ(known.facts.smi_command, 0xB2U);
  EXPECT_EQ(known.facts.acpi_enable, 0xF1U);
  EXPECT_EQ(known.facts.pm1a_event, 0x600U);
  EXPECT_EQ(known.facts.pm1a_control, 0x604U);
  EXPECT_EQ(known.facts.pm1b_control, 0U);
  EXPECT_EQ(known.facts.gpe0, 0xAFE0U);
  EXPECT_EQ(known.facts.gpe0_bytes, 4U);
  EXPECT_EQ(known.facts.gpe1, 0x1880U);
  EXPECT_EQ(known.facts.gpe1_bytes, 16U);
  EXPECT_EQ(known.facts.reset_port, 0xCF9U);
  EXPECT_EQ(known.facts.reset_value, 6U);
  EXPECT_EQ(known.facts.has_s5, 1U);
  EXPECT_EQ(known.facts.s5_type_a, 5U);
  EXPECT_EQ(known.s5_table, "SSDT2");
  EXPECT_EQ(known.power_off_gap, "");
}

TEST(AcpiFacts, SaysWhyItCannotSwitchOff) {
  FakeMachine machine;
  EXPECT_EQ(hibernate::read_acpi(machine).power_off_gap, "there is no ACPI");
  machine.put("/sys/firmware/acpi/tables/FACP", table("FACP", fadt()));
  EXPECT_NE(hibernate::read_acpi(machine).power_off_gap.find("_S5_"), std::string::npos);
  std::string reduced = fadt();
  put_number<std::uint32_t>(reduced, 112, 1U << 20U);
  machine.put("/sys/firmware/acpi/tables/FACP", table("FACP", reduced));
  EXPECT_NE(hibernate::read_acpi(machine).power_off_gap.find("hardware-reduced"), std::string::npos);
}

}  // namespace
}  // namespace kjump::test
