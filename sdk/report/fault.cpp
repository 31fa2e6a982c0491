// SPDX-License-Identifier: MIT
#include "report/fault.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include <kjump/abi/processor.hpp>

#include "report/names.hpp"

namespace kjump::report {
namespace {

bool is_in(const abi::FaultRecord& fault, abi::FaultMode mode) {
  return fault.mode == static_cast<std::uint8_t>(mode);
}

bool is_real(const abi::FaultRecord& fault) {
  return is_in(fault, abi::FaultMode::kReal);
}

bool is_long(const abi::FaultRecord& fault) {
  return is_in(fault, abi::FaultMode::kLong);
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
  const int digits = is_real(fault) ? 4 : is_long(fault) ? 16 : 8;
  return fmt::format("{:04x}:{:0{}x}", fault.cs, fault.ip, digits);
}

std::string call_text(const abi::FirmwareCall& call) {
  const std::string callee =
      call.kind == abi::CallKind::kFarCall
          ? fmt::format("far call {:04x}:{:04x}", call.target_segment, call.target_offset)
          : fmt::format("INT {:02X}h", call.vector);
  return fmt::format("{} AX={:04x} DX={:04x}", callee, call.registers.eax & 0xFFFF,
                     call.registers.edx & 0xFFFF);
}

std::string narrow_registers(const abi::FaultRecord& fault) {
  return fmt::format(
      "  eax {:08x}  ebx {:08x}  ecx {:08x}  edx {:08x}  eflags {:08x}\n"
      "  esi {:08x}  edi {:08x}  ebp {:08x}  esp {:08x}  cr2 {:08x}  dr6 {:08x}\n",
      fault.ax, fault.bx, fault.cx, fault.dx, fault.flags, fault.si, fault.di, fault.bp, fault.sp, fault.cr2,
      fault.dr6);
}

std::string wide_registers(const abi::FaultRecord& fault) {
  return fmt::format(
      "  rax {:016x}  rbx {:016x}  rcx {:016x}  rdx {:016x}\n"
      "  rsi {:016x}  rdi {:016x}  rbp {:016x}  rsp {:016x}\n"
      "  r8  {:016x}  r9  {:016x}  r10 {:016x}  r11 {:016x}\n"
      "  r12 {:016x}  r13 {:016x}  r14 {:016x}  r15 {:016x}\n"
      "  cr2 {:016x}  rflags {:08x}  dr6 {:08x}\n",
      fault.ax, fault.bx, fault.cx, fault.dx, fault.si, fault.di, fault.bp, fault.sp, fault.r8, fault.r9,
      fault.r10, fault.r11, fault.r12, fault.r13, fault.r14, fault.r15, fault.cr2, fault.flags, fault.dr6);
}

}  // namespace

std::string fault_text(const JumpReport& jump) {
  const abi::FaultRecord& fault = jump.fault;
  std::string text = jump.outcome == abi::Outcome::kFault ? what_happened(fault) + " " : "";
  text += "at " + address_of(fault);
  if (!jump.place.empty()) {
    text += " (" + jump.place + (jump.source.empty() ? "" : ", " + jump.source) + ")";
  }
  if (fault.vector < 32 && !is_real(fault) && (abi::kVectorsWithErrorCode >> fault.vector & 1) != 0) {
    text += fmt::format(", error code {:#x}", fault.error_code);
  }
  return fault.in_firmware != 0 ? text + ", in " + call_text(fault.call) : text;
}

std::string fault_details(const abi::FaultRecord& fault) {
  const char* mode = is_real(fault) ? "real" : is_long(fault) ? "long" : "physical";
  return (is_long(fault) ? wide_registers(fault) : narrow_registers(fault)) +
         fmt::format(
             "  cs {:04x}  ss {:04x}  ds {:04x}  es {:04x}  fs {:04x}  gs {:04x}  {} mode\n"
             "  code   {:02x}\n"
             "  stack  {:02x}\n",
             fault.cs, fault.ss, fault.ds, fault.es, fault.fs, fault.gs, mode, fmt::join(fault.code, " "),
             fmt::join(fault.stack, " "));
}

}  // namespace kjump::report
