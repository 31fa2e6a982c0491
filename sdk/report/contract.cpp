// SPDX-License-Identifier: MIT
#include "report/contract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include <kjump/abi/firmware_call.hpp>

namespace kjump {

std::size_t ContractReport::breaches() const {
  return static_cast<std::size_t>(std::count_if(
      records.begin(), records.end(),
      [](const abi::ContractRecord& record) { return (record.flags & abi::kContractExpected) == 0; }));
}

namespace report {
namespace {

constexpr std::string_view kEveryClass = "all";

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 11> kClasses{{
    {abi::kContractRegisters, "registers"},
    {abi::kContractFlags, "flags"},
    {abi::kContractDescriptors, "descriptors"},
    {abi::kContractControl, "control"},
    {abi::kContractCaches, "caches"},
    {abi::kContractGates, "gates"},
    {abi::kContractInterrupts, "interrupts"},
    {abi::kContractTimers, "timers"},
    {abi::kContractMemory, "memory"},
    {abi::kContractVideo, "video"},
    {abi::kContractStack, "stack"},
}};

struct LineWords {
  std::string_view name;
  std::string_view text;  ///< {0}: the index
};

// In the order of abi::ContractLine.
constexpr std::array<LineWords, abi::kContractLines> kLines{{
    {"register-high", "high half of {}"},
    {"segment-register", "segment register {}"},
    {"stack-high", "high half of ESP"},
    {"stack-pointer", "SS:SP"},
    {"direction-flag", "DF"},
    {"interrupt-flag", "IF"},
    {"system-flags", "bit {} of EFLAGS"},
    {"gdtr", "GDTR (limit, base)"},
    {"idtr", "IDTR (limit, base)"},
    {"cr0", "CR0"},
    {"cr3", "CR3"},
    {"cr4", "CR4"},
    {"efer", "EFER"},
    {"apic-base", "IA32_APIC_BASE"},
    {"mtrr", "MTRR, MSR {:#x}"},
    {"pat", "PAT"},
    {"a20", "A20"},
    {"cmos-index", "what port 71h gives"},
    {"pic-mask", "mask of 8259 number {}"},
    {"pic-level", "ELCR number {}"},
    {"local-apic", "local APIC register {:#x}"},
    {"pit-mode", "control word of PIT channel 0"},
    {"hpet", "HPET register {:#x}"},
    {"ivt", "interrupt vector {:#x}"},
    {"bda", "BIOS data area at {:#x}"},
    {"ebda", "extended BIOS data area at {:#x}"},
    {"vga", "VGA register {:#x}"},
    {"firmware-stack", "stack that the callee used"},
}};

constexpr std::array<std::pair<std::size_t, std::string_view>, 10> kRegisters{{
    {offsetof(abi::FirmwareRegisters, eax), "EAX"},
    {offsetof(abi::FirmwareRegisters, ebx), "EBX"},
    {offsetof(abi::FirmwareRegisters, ecx), "ECX"},
    {offsetof(abi::FirmwareRegisters, edx), "EDX"},
    {offsetof(abi::FirmwareRegisters, esi), "ESI"},
    {offsetof(abi::FirmwareRegisters, edi), "EDI"},
    {offsetof(abi::FirmwareRegisters, ebp), "EBP"},
    {offsetof(abi::FirmwareRegisters, ds), "DS"},
    {offsetof(abi::FirmwareRegisters, fs), "FS"},
    {offsetof(abi::FirmwareRegisters, gs), "GS"},
}};

std::string what_changed(const abi::ContractRecord& record) {
  if (record.line >= kLines.size()) {
    return "something";
  }
  const auto text = kLines.at(record.line).text;
  const auto line = static_cast<abi::ContractLine>(record.line);
  if (line == abi::ContractLine::kRegisterHigh || line == abi::ContractLine::kSegmentRegister) {
    for (const auto& [offset, name] : kRegisters) {
      if (offset == record.index) {
        return fmt::format(fmt::runtime(text), name);
      }
    }
    return fmt::format(fmt::runtime(text), "a register");
  }
  return fmt::format(fmt::runtime(text), record.index);
}

std::string caller_text(const abi::ContractRecord& record) {
  if (record.call == 0) {
    return "outside of calls";
  }
  const std::string callee =
      record.kind == static_cast<std::uint16_t>(abi::CallKind::kFarCall)
          ? fmt::format("far call {:04x}:{:04x}", record.target_segment, record.target_offset)
          : fmt::format("INT {:02X}h", record.vector);
  return fmt::format("call {}, {} AX={:04x}", record.call, callee, record.eax & 0xFFFF);
}

}  // namespace

std::string class_list(std::uint32_t classes) {
  if (classes == abi::kContractAll) {
    return std::string(kEveryClass);
  }
  std::string list;
  for (const auto& [bit, name] : kClasses) {
    if ((classes & bit) != 0) {
      list += (list.empty() ? "" : ",") + std::string(name);
    }
  }
  return list;
}

Result<std::uint32_t> parse_classes(std::string_view text) {
  std::uint32_t classes = 0;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    const auto* const found =
        std::find_if(kClasses.begin(), kClasses.end(), [&](const auto& one) { return one.second == name; });
    if (found == kClasses.end() && name != kEveryClass) {
      std::string known;
      for (const auto& one : kClasses) {
        known += std::string(one.second) + ", ";
      }
      return fail(ErrorCode::kInvalid, fmt::format("no class of the contract report is called '{}'", name),
                  "--report", "there are " + known + std::string(kEveryClass));
    }
    classes |= found == kClasses.end() ? abi::kContractAll : found->first;
  }
  return classes;
}

std::string_view line_name(std::uint16_t line) {
  return line < kLines.size() ? kLines.at(line).name : "unknown";
}

std::optional<std::uint16_t> line_from_name(std::string_view name) {
  for (std::size_t line = 0; line < kLines.size(); ++line) {
    if (kLines.at(line).name == name) {
      return static_cast<std::uint16_t>(line);
    }
  }
  return std::nullopt;
}

std::string_view line_class(std::uint16_t line) {
  for (const auto& [bit, name] : kClasses) {
    if (line < abi::kContractLines && abi::kContractRules[line].in_class == bit) {
      return name;
    }
  }
  return "unknown";
}

std::string line_trap(std::uint16_t line) {
  return line < abi::kContractLines ? fmt::format("T{}", abi::kContractRules[line].trap) : "T0";
}

std::string change_text(const abi::ContractRecord& record) {
  const int digits = 2 * std::min<int>(record.bytes, 8);
  const char* const end = (record.flags & abi::kContractRepaired) != 0   ? ", put right"
                          : (record.flags & abi::kContractExpected) != 0 ? ", as it may"
                                                                         : "";
  return fmt::format("{}: {} {} was {:0{}x}, became {:0{}x}{}", caller_text(record), line_trap(record.line),
                     what_changed(record), record.before, digits, record.after, digits, end);
}

std::string contract_text(const ContractReport& contract) {
  if (contract.classes == 0) {
    return {};
  }
  const std::size_t breaches = contract.breaches();
  std::string text = fmt::format("contract ({}): {} broken, {} as they may\n", class_list(contract.classes),
                                 breaches, contract.records.size() - breaches);
  for (const abi::ContractRecord& record : contract.records) {
    text += "  " + change_text(record) + "\n";
  }
  if (contract.dropped != 0) {
    text += fmt::format("  and {} changes more, for which there was no room\n", contract.dropped);
  }
  std::string skipped;
  for (std::uint16_t line = 0; line < abi::kContractLines; ++line) {
    const bool asked = (abi::kContractRules[line].in_class & contract.classes) != 0;
    if (asked && (contract.skipped >> line & 1) != 0) {
      skipped += (skipped.empty() ? "" : ", ") + std::string(line_name(line));
    }
  }
  return skipped.empty() ? text : text + "  cannot be compared on this machine: " + skipped + "\n";
}

std::string stacks_text(const JumpReport& jump) {
  constexpr std::array<const char*, abi::kStacks> kNames{"supervisor", "payload", "firmware calls"};
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const abi::StackMark& mark = jump.stacks.at(i);
    if (mark.bytes != 0) {
      text +=
          fmt::format("{}{} {} of {} bytes", text.empty() ? "" : ", ", kNames.at(i), mark.used, mark.bytes);
    }
  }
  return text.empty() ? text : "stacks used: " + text;
}

}  // namespace report
}  // namespace kjump
