// SPDX-License-Identifier: MIT
/// Registers by name: "ax=0xE820 edx='SMAP' es:di=2000:0000 cf=1".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/abi/firmware_call.hpp>
#include <kjump/result.hpp>

#include "bios/text.hpp"

namespace kjump::bios {

/// Bits [shift, shift + bits) of the value at a byte offset of abi::FirmwareRegisters.
struct RegisterName {
  std::string_view name;
  std::uint16_t offset;
  std::uint8_t shift;
  std::uint8_t bits;

  [[nodiscard]] bool is_segment() const { return offset < offsetof(abi::FirmwareRegisters, edi); }
  [[nodiscard]] bool is_flag() const { return offset == offsetof(abi::FirmwareRegisters, eflags); }
  [[nodiscard]] std::uint32_t mask() const { return (0xFFFFFFFFu >> (32u - bits)) << shift; }
};

/// Every name that can be given, in the order in which a debugger lists registers.
[[nodiscard]] std::span<const RegisterName> register_names();

/// By name, case ignored.
[[nodiscard]] const RegisterName* find_register(std::string_view name);

[[nodiscard]] std::uint32_t get_register(const abi::FirmwareRegisters& registers, const RegisterName& name);

/// A register named by a part of a token; errors explain why sp, ss, cs and ip cannot be given.
[[nodiscard]] Result<RegisterName> parse_register(const Part& part);

/// SEGMENT:REGISTER, e.g. es:di.
struct RegisterPair {
  RegisterName segment;
  RegisterName offset;
};
[[nodiscard]] Result<RegisterPair> parse_register_pair(const Part& part);

/// Collects assignments into registers that start as entry_registers(). Nothing is set twice: ax after
/// eax, al after ax or cf after flags is an error.
class RegisterSet {
 public:
  RegisterSet();

  /// NAME=VALUE or SEGMENT:REGISTER=SEG:OFF.
  [[nodiscard]] Result<void> assign(const Token& token);

  /// Points a pair at a buffer. Several buffers may share a segment register.
  [[nodiscard]] Result<void> point(const Part& part, const RegisterPair& pair, FarPointer target);

  [[nodiscard]] const abi::FirmwareRegisters& get() const { return registers_; }

 private:
  struct Assignment {
    RegisterName name;
    bool by_buffer;
  };

  [[nodiscard]] Result<void> set(const Part& part, const RegisterName& name, std::uint32_t value,
                                 bool by_buffer);

  abi::FirmwareRegisters registers_;
  std::vector<Assignment> assignments_;
};

}  // namespace kjump::bios
