// SPDX-License-Identifier: MIT
// Rule: what is left of the BIOS is believed only when it makes sense, and tables and memory maps that are
// malformed lead to "unknown", never to a wrong address (kexec_jump.md 7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "host/acpi_tables.hpp"
#include "host/firmware.hpp"
#include "host/memory_map.hpp"
#include "host/physical_memory.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

// An ACPI table with its length and a correct checksum.
std::string with_sum(std::string table) {
  table[4] = static_cast<char>(table.size());
  table[9] = 0;
  unsigned sum = 0;
  for (const char byte : table) {
    sum += static_cast<unsigned char>(byte);
  }
  table[9] = static_cast<char>(256 - sum % 256);
  return table;
}

constexpr const char* kApicTable = "/sys/firmware/acpi/tables/APIC";
const std::string kIrq9("\2\x0A\0\x09\x09\0\0\0\x0D\0", 10);

// An I/O APIC at 0xFEC00000, then these overrides: ACPI specification 6.5, 5.2.12.
std::string apic_table(const std::string& overrides) {
  std::string table("APIC", 4);
  table.resize(44);
  return with_sum(table + std::string("\1\x0C\0\0\0\0\xC0\xFE\0\0\0\0", 12) + overrides);
}

// An ACPI HPET table with a correct checksum.
std::string hpet_table(std::uint64_t address, char space = 0) {
  std::string table(56, '\0');
  table.replace(0, 4, "HPET");
  table[40] = space;
  std::memcpy(table.data() + 44, &address, sizeof(address));
  return with_sum(table);
}

TEST(HostFirmware, HealthyPageZero) {
  const test::FakeMachine machine;
  const LowMemoryFacts facts = read_page_zero(machine).value();
  EXPECT_EQ(facts.ivt_problem, "");
  EXPECT_EQ(facts.base_memory_end, 0x9FC00U);
}

TEST(HostFirmware, VectorsMustLeadIntoRom) {
  const test::FakeMachine machine;
  machine.poke_word(0x13 * 4 + 2, 0x1234);
  EXPECT_THAT(read_page_zero(machine).value().ivt_problem, HasSubstr("0x13"));
  machine.poke_word(0x13 * 4, 0x10);
  machine.poke_word(0x13 * 4 + 2, 0x9FD0);  // a hook above base memory
  EXPECT_EQ(read_page_zero(machine).value().ivt_problem, "");
  machine.poke_word(0x10 * 4, 0);
  machine.poke_word(0x10 * 4 + 2, 0);
  EXPECT_THAT(read_page_zero(machine).value().ivt_problem, HasSubstr("0x10 is empty"));
}

TEST(HostFirmware, BaseMemoryMustBePlausible) {
  const test::FakeMachine machine;
  machine.poke_word(0x413, 7);
  EXPECT_THAT(read_page_zero(machine).value().ivt_problem, HasSubstr("7 KiB"));
  machine.poke_word(0x413, 639);
  machine.poke_word(0x40E, 0x8000);  // the EBDA lies lower: it counts
  EXPECT_EQ(read_page_zero(machine).value().base_memory_end, 0x80000U);
}

TEST(HostFirmware, HpetTableIsChecked) {
  const test::FakeMachine machine;
  static constexpr const char* kFile = "/sys/firmware/acpi/tables/HPET";
  EXPECT_EQ(find_hpet(machine), 0U);
  machine.put(kFile, hpet_table(0xFED00000));
  EXPECT_EQ(find_hpet(machine), 0xFED00000U);
  std::string broken = hpet_table(0xFED00000);
  broken[50] = 1;
  machine.put(kFile, broken);
  EXPECT_EQ(find_hpet(machine), 0U) << "checksum";
  machine.put(kFile, hpet_table(0xFED00000).substr(0, 50));
  EXPECT_EQ(find_hpet(machine), 0U) << "length";
  machine.put(kFile, hpet_table(0xFED00000, 1));
  EXPECT_EQ(find_hpet(machine), 0U) << "I/O space";
  machine.put(kFile, hpet_table(0x1'0000'0000));
  EXPECT_EQ(find_hpet(machine), 0U) << "above 4 GiB";
}

TEST(HostFirmware, TimerPinIsTheOverrideOfIrq0) {
  const test::FakeMachine machine;
  machine.put(kApicTable, apic_table(kIrq9));
  EXPECT_EQ(find_timer_pin(machine), 0U) << "no override of IRQ 0";
  EXPECT_EQ(find_io_apic(machine), 0xFEC00000U);
  machine.put(kApicTable, apic_table(kIrq9 + std::string("\2\x0A\0\0\2\0\0\0\0\0", 10)));
  EXPECT_EQ(find_timer_pin(machine), 2U);
  machine.put(kApicTable, apic_table(std::string("\2\x0A\0\0\0\1\0\0\0\0", 10)));
  EXPECT_EQ(find_timer_pin(machine), 0U) << "no pin of an I/O APIC";
  machine.put(kApicTable, apic_table(std::string("\2\x20\0\0\2\0", 6)));
  EXPECT_EQ(find_timer_pin(machine), 0U) << "cut off";
}

TEST(HostFirmware, ClockInterruptIsARisingEdgeAtItsPin) {
  const test::FakeMachine machine;
  static constexpr const char* kFile = "/sys/firmware/acpi/tables/FACP";
  std::string fadt("FACP\x6F\0\0\0", 8);
  fadt.resize(111);
  machine.put(kApicTable, apic_table(kIrq9));
  EXPECT_FALSE(has_clock_interrupt(machine)) << "no FADT";
  machine.put(kFile, with_sum(fadt));
  EXPECT_TRUE(has_clock_interrupt(machine));
  machine.put(kApicTable, apic_table(std::string("\2\x0A\0\x08\x08\0\0\0\5\0", 10)));
  EXPECT_TRUE(has_clock_interrupt(machine)) << "an override that changes nothing";
  machine.put(kApicTable, apic_table(std::string("\2\x0A\0\x08\x08\0\0\0\x0F\0", 10)));
  EXPECT_FALSE(has_clock_interrupt(machine)) << "level, low";
  machine.put(kApicTable, apic_table(std::string("\2\x0A\0\x08\x14\0\0\0\0\0", 10)));
  EXPECT_FALSE(has_clock_interrupt(machine)) << "another pin";
  machine.remove(kApicTable);
  EXPECT_FALSE(has_clock_interrupt(machine)) << "no I/O APIC";
  machine.put(kApicTable, apic_table(kIrq9));
  fadt[109] = 1 << 5;  // "CMOS RTC not present"
  machine.put(kFile, with_sum(fadt));
  EXPECT_FALSE(has_clock_interrupt(machine)) << "no clock";
}

TEST(HostFirmware, MemoryMapFindsTheFirstHole) {
  const test::FakeMachine machine;
  machine.put_memory_range(0, 0, 0x57FFF, "System RAM");
  machine.put_memory_range(3, 0x58000, 0x58FFF, "Reserved");
  machine.put_memory_range(4, 0x59000, 0x9FBFF, "System RAM");
  const MemoryMap map = MemoryMap::read(machine).value();
  EXPECT_EQ(map.first_hole(0x10000, 0x58000), std::nullopt);
  EXPECT_EQ(map.first_hole(0x10000, 0x90000), 0x58000U);
  EXPECT_EQ(map.first_hole(0xF0000, 0xF1000), 0xF0000U);
  EXPECT_EQ(map.type_at(0x58000), "Reserved");
  EXPECT_EQ(map.type_at(0xF0000), "not listed");
}

TEST(HostFirmware, MemoryMapFallsBackOnIomem) {
  const test::FakeMachine machine;
  machine.remove("/sys/firmware/memmap");
  machine.put("/proc/iomem", "00000000-00000000 : System RAM\n");
  EXPECT_FALSE(MemoryMap::read(machine)) << "without privileges all lines read zero";
  machine.put("/proc/iomem",
              "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n  00002000-00002fff : x\n");
  const MemoryMap map = MemoryMap::read(machine).value();
  EXPECT_EQ(map.first_hole(0x1000, 0x9FC00), std::nullopt);
  EXPECT_EQ(map.first_hole(0, 0x2000), 0U);
}

TEST(HostFirmware, OnlyConventionalMemoryMayBeMapped) {
  const test::FakeMachine machine;
  using Access = PhysicalMapping::Access;
  EXPECT_TRUE(PhysicalMapping::map(machine, 0, 0x1000, Access::kRead));
  EXPECT_FALSE(PhysicalMapping::map(machine, 0, 0x1000, Access::kReadWrite));
  EXPECT_TRUE(PhysicalMapping::map(machine, 0x9F000, 0x1000, Access::kReadWrite));
  for (const auto& [address, bytes] :
       {std::pair{0x9F000U, 0x2000U}, std::pair{0xA0000U, 0x1000U}, std::pair{0x100000U, 0x1000U},
        std::pair{0x10000U, 0U}, std::pair{0x10000U, 0xFFFFF000U}}) {
    EXPECT_FALSE(PhysicalMapping::map(machine, address, bytes, Access::kRead)) << std::hex << address;
  }
}

}  // namespace
}  // namespace kjump
