// SPDX-License-Identifier: MIT
// Rule: whatever firmware changes that it must not change is reported as just that line, with the call that
// did it, and put right where that can be done; a callee that does nothing wrong gives an empty report.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <kjump/bios.hpp>

#include "vm/run.hpp"

namespace kjump::tests {
namespace {

using abi::ContractLine;

ContractReport contract_of(const std::string& payload, const std::string& request,
                           std::uint32_t classes = abi::kContractAll) {
  RunRequest run;
  for (const char c : request) {
    run.request.push_back(static_cast<std::byte>(c));
  }
  run.contract_classes = classes;
  const auto report = make_vm_target({})->run(image_of(payload), run);
  EXPECT_TRUE(report) << report.error().text();
  if (!report || report->jumps.size() != 1) {
    return {};
  }
  EXPECT_EQ(report->jumps[0].outcome, abi::Outcome::kReturned);
  EXPECT_TRUE(report->breaches.empty()) << report->breaches.front();
  return report->jumps[0].contract;
}

enum Kind { kBreach, kRepaired, kData };

struct LineCase {
  const char* name;
  char request;
  ContractLine line;
  std::uint32_t index;
  Kind kind;
};

class Contract : public testing::TestWithParam<LineCase> {};

// The poisoning call is the second of three, so that what was not put right would show again in the third.
TEST_P(Contract, SeesExactlyTheLineThatWasBroken) {
  const LineCase& expected = GetParam();
  const ContractReport contract = contract_of("test_contract", std::string(1, expected.request));
  ASSERT_EQ(contract.records.size(), 1U);
  const abi::ContractRecord& record = contract.records[0];
  EXPECT_EQ(record.line, static_cast<std::uint16_t>(expected.line));
  EXPECT_EQ(record.index, expected.index);
  EXPECT_EQ(record.flags, expected.kind == kRepaired ? abi::kContractRepaired
                          : expected.kind == kData   ? abi::kContractExpected
                                                     : 0);
  EXPECT_NE(record.before, record.after);
  EXPECT_EQ(record.call, 2U);
  EXPECT_EQ(record.kind, static_cast<std::uint16_t>(abi::CallKind::kFarCall));
  EXPECT_EQ(record.target_segment, abi::kRealSegment);
  EXPECT_EQ(contract.dropped, 0U);
  EXPECT_EQ(contract.skipped, 0U);
}

constexpr std::uint32_t kEbx = offsetof(abi::FirmwareRegisters, ebx);
constexpr std::uint32_t kDs = offsetof(abi::FirmwareRegisters, ds);

INSTANTIATE_TEST_SUITE_P(
    Lines, Contract,
    testing::Values(LineCase{"T15_register_high", 'b', ContractLine::kRegisterHigh, kEbx, kBreach},
                    LineCase{"T15_segment", 'd', ContractLine::kSegmentRegister, kDs, kBreach},
                    LineCase{"T19_esp_high", 'e', ContractLine::kStackHigh, 0, kRepaired},
                    LineCase{"T24_stack", 's', ContractLine::kStackPointer, 0, kRepaired},
                    LineCase{"T16_df", 'D', ContractLine::kDirectionFlag, 10, kRepaired},
                    LineCase{"T17_if", 'I', ContractLine::kInterruptFlag, 9, kRepaired},
                    LineCase{"T17_ac", 'A', ContractLine::kSystemFlags, 18, kRepaired},
                    LineCase{"T6_gdtr", 'g', ContractLine::kGdtr, 0, kRepaired},
                    LineCase{"T6_idtr", 'i', ContractLine::kIdtr, 0, kRepaired},
                    LineCase{"T13_cr0", '0', ContractLine::kCr0, 0, kRepaired},
                    LineCase{"T8_cr3", '3', ContractLine::kCr3, 0, kRepaired},
                    LineCase{"T8_cr4", '4', ContractLine::kCr4, 0, kRepaired},
                    LineCase{"T64_efer", 'f', ContractLine::kEfer, 0, kRepaired},
                    LineCase{"T30_apic_base", 'a', ContractLine::kApicBase, 0, kRepaired},
                    LineCase{"T46_mtrr", 'm', ContractLine::kMtrr, 0x20E, kRepaired},
                    LineCase{"T64_pat", 'p', ContractLine::kPat, 0x277, kRepaired},
                    LineCase{"T44_a20", '2', ContractLine::kA20, 0, kRepaired},
                    LineCase{"T33_cmos_index", 'c', ContractLine::kCmosIndex, 0, kRepaired},
                    LineCase{"T26_pic_mask", 'k', ContractLine::kPicMask, 1, kRepaired},
                    LineCase{"T26_elcr", 'l', ContractLine::kPicLevel, 0, kRepaired},
                    LineCase{"T30_lint1", 'L', ContractLine::kLocalApic, 0x360, kRepaired},
                    LineCase{"T31_pit", 't', ContractLine::kPitMode, 0, kRepaired},
                    LineCase{"T31_hpet", 'h', ContractLine::kHpet, 0x10, kRepaired},
                    LineCase{"T39_ivt", 'v', ContractLine::kIvt, 0x61, kBreach},
                    LineCase{"T40_bda", 'n', ContractLine::kBiosData, 0x75, kBreach},
                    LineCase{"T41_ticks", 'T', ContractLine::kBiosData, 0x6D, kData},
                    LineCase{"T38_ebda_size", 'x', ContractLine::kExtendedBiosData, 0, kBreach},
                    LineCase{"T38_ebda", 'X', ContractLine::kExtendedBiosData, 0x3FE, kData},
                    LineCase{"T54_vga", 'V', ContractLine::kVga, 0x3C401, kBreach},
                    LineCase{"T22_stack_depth", 'S', ContractLine::kFirmwareStack, 0, kBreach}),
    [](const auto& line) { return std::string(line.param.name); });

TEST(ContractReport, IsEmptyForACalleeThatDoesNothingWrong) {
  const ContractReport contract = contract_of("test_contract", ".");
  EXPECT_EQ(contract.classes, abi::kContractAll);
  EXPECT_TRUE(contract.records.empty());
  EXPECT_EQ(contract.skipped, 0U);
}

TEST(ContractReport, ComparesOnlyTheClassesThatWereAskedFor) {
  EXPECT_EQ(contract_of("test_contract", "D", abi::kContractFlags).records.size(), 1U);
  EXPECT_TRUE(contract_of("test_contract", "D", abi::kContractAll & ~abi::kContractFlags).records.empty());
  EXPECT_EQ(contract_of("test_contract", "D", 0).classes, 0U);
}

TEST(ContractReport, TellsThePayloadsOwnChangesFromFirmwares) {
  const ContractReport contract = contract_of("test_contract", "!");
  ASSERT_EQ(contract.records.size(), 1U);
  EXPECT_EQ(contract.records[0].line, static_cast<std::uint16_t>(ContractLine::kIvt));
  EXPECT_EQ(contract.records[0].call, 0U);
}

TEST(ContractReport, CountsWhatDoesNotFitAndKeepsRoomForBreaches) {
  const ContractReport contract = contract_of("test_contract", "*", abi::kContractMemory);
  EXPECT_EQ(contract.breaches(), abi::kContractRecords - abi::kContractDataRecords);
  EXPECT_EQ(contract.records.size(), abi::kContractRecords);
  EXPECT_EQ(contract.dropped, 100U - abi::kContractRecords);
}

TEST(ContractReport, WorksUnderARealModePayload) {
  const ContractReport contract = contract_of("test_real_contract", "");
  ASSERT_EQ(contract.records.size(), 1U);
  EXPECT_EQ(contract.records[0].line, static_cast<std::uint16_t>(ContractLine::kDirectionFlag));
  EXPECT_EQ(contract.records[0].call, 2U);
}

// Its firmware calls come down from long mode, with other control registers in between.
TEST(ContractReport, WorksUnderALongModePayload) {
  EXPECT_TRUE(contract_of("test_long_contract", ".").records.empty());
  const ContractReport contract = contract_of("test_long_contract", "4");
  ASSERT_EQ(contract.records.size(), 1U);
  EXPECT_EQ(contract.records[0].line, static_cast<std::uint16_t>(ContractLine::kCr4));
  EXPECT_EQ(contract.records[0].call, 2U);
}

// bios_calls.md, finding 6: SeaBIOS's way to 32-bit code and back without SMM loads an IDTR of its own.
TEST(ContractReport, SeesThatSeaBiosResetsTheIdtrOnAhciWithoutSmm) {
  const auto disk =
      std::filesystem::temp_directory_path() / ("kjump-contract-disk-" + std::to_string(::getpid()));
  std::ofstream(disk) << "a disk";
  std::filesystem::resize_file(disk, 1 << 20);
  for (const bool smm : {true, false}) {
    MachineOptions machine;
    machine.disks.push_back({disk, DiskBus::kAhci, false});
    machine.extra_arguments = {"-machine", smm ? "smm=on" : "smm=off"};
    bios::Batch batch;
    bios::Step read = bios::interrupt(0x13);
    read.call.registers.eax = 0x0201;
    read.call.registers.ecx = 0x0001;
    read.call.registers.edx = 0x80;
    read.call.registers.es = abi::kBounceSegment;
    read.buffer_bytes = 512;
    batch.add(read);
    const auto target = make_vm_target(machine);
    bios::BatchOptions options;
    options.contract_classes = abi::kContractAll & ~abi::kContractMemory;
    const auto reply = batch.run(*target, options);
    ASSERT_TRUE(reply) << reply.error().text();
    ASSERT_TRUE(reply->returned());
    ASSERT_EQ(reply->calls.size(), 1U);
    EXPECT_FALSE(reply->calls[0].carry());
    EXPECT_EQ(reply->calls[0].buffer[0], std::byte{'a'});
    const ContractReport& contract = reply->report.jumps[0].contract;
    ASSERT_EQ(contract.records.size(), smm ? 0U : 1U);
    if (!smm) {
      EXPECT_EQ(contract.records[0].line, static_cast<std::uint16_t>(ContractLine::kIdtr));
      EXPECT_EQ(contract.records[0].after, 0x3FFULL << 32);
      EXPECT_EQ(contract.records[0].vector, 0x13);
    }
  }
  std::filesystem::remove(disk);
}

}  // namespace
}  // namespace kjump::tests
