// SPDX-License-Identifier: MIT
#include "report/fault.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include <kjump/abi/processor.hpp>

#include "report/names.hpp"

namespace kjump::report {
namespace {

bool is_real(const abi::FaultRecord& fault) {
  return fault.mode == static_cast<std::uint8_t>(abi::FaultMode::kReal);
}

constexpr std::array<const char*, abi::kGuards> kGuardNames{
    "overflow of the firmware calls' stack", "overflow of the payload's stack",
    "overflow of the payload's stack", "write just below the image"};

// A breakpoint that the payload has not set is one of the guards.
std::string what_happened(const abi::FaultRecord& fault) {
  constexpr std::uint32_t kDebugException = 1;
  for (std::size_t i = 0; fault.vector == kDebugException && i < kGuardNames.size(); ++i) {
    if ((fault.dr6 >> i & 1) != 0) {
      return kGuardNames.at(i);
    }
  }
  return exception_name(fault.vector);
}

std::string address_of(const abi::FaultRecord& fault) {
  return is_real(fault) ? fmt::format("{:04x}:{:04x}", fault.cs, fault.eip)
                        : fmt::format("{:04x}:{:08x}", fault.cs, fault.eip);
}

std::string call_text(const abi::FirmwareCall& call) {
  const std::string callee =
      call.kind == abi::CallKind::kFarCall
          ? fmt::format("far call {:04x}:{:04x}", call.target_segment, call.target_offset)
          : fmt::format("INT {:02X}h", call.vector);
  return fmt::format("{} AX={:04x} DX={:04x}", callee, call.registers.eax & 0xFFFF,
                     call.registers.edx & 0xFFFF);
}

}  // namespace

std::string fault_text(const JumpReport& jump) {
  const abi::FaultRecord& fault = jump.fault;
  std::string text = jump.outcome == abi::Outcome::kFault ? what_happened(fault) + " " : "";
  text += "at " + address_of(fault);
  if (!jump.place.empty()) {
    text += " (" + jump.place + ")";
  }
  if (fault.vector < 32 && !is_real(fault) && (abi::kVectorsWithErrorCode >> fault.vector & 1) != 0) {
    text += fmt::format(", error code {:#x}", fault.error_code);
  }
  return fault.in_firmware != 0 ? text + ", in " + call_text(fault.call) : text;
}

std::string fault_details(const abi::FaultRecord& fault) {
  return fmt::format(
      "  eax {:08x}  ebx {:08x}  ecx {:08x}  edx {:08x}  eflags {:08x}\n"
      "  esi {:08x}  edi {:08x}  ebp {:08x}  esp {:08x}  cr2 {:08x}  dr6 {:08x}\n"
      "  cs {:04x}  ss {:04x}  ds {:04x}  es {:04x}  fs {:04x}  gs {:04x}  {} mode\n"
      "  code   {:02x}\n"
      "  stack  {:02x}\n",
      fault.eax, fault.ebx, fault.ecx, fault.edx, fault.eflags, fault.esi, fault.edi, fault.ebp, fault.esp,
      fault.cr2, fault.dr6, fault.cs, fault.ss, fault.ds, fault.es, fault.fs, fault.gs,
      is_real(fault) ? "real" : "physical", fmt::join(fault.code, " "), fmt::join(fault.stack, " "));
}

}  // namespace kjump::report
