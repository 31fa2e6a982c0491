// SPDX-License-Identifier: MIT
#include "bios/format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "bios/registers.hpp"
#include "report/names.hpp"
#include "report/text.hpp"

namespace kjump::bios {

namespace {

constexpr std::array<std::array<std::string_view, 4>, 3> kRows{
    {{"eax", "ebx", "ecx", "edx"}, {"esi", "edi", "ebp", ""}, {"ds", "es", "fs", "gs"}}};
constexpr std::array<std::string_view, 8> kFlags{"cf", "pf", "af", "zf", "sf", "if", "df", "of"};

char mark(std::uint32_t before, std::uint32_t after) {
  return before == after ? ' ' : '*';
}

void append_register(std::string& out, std::string_view text, const abi::FirmwareRegisters& before,
                     const abi::FirmwareRegisters& after) {
  const RegisterName* name = find_register(text);
  if (name == nullptr) {
    return;
  }
  const std::uint32_t value = get_register(after, *name);
  const char changed = mark(get_register(before, *name), value);
  if (name->is_segment()) {
    fmt::format_to(std::back_inserter(out), "  {:>3} {:04x}{}    ", text, value, changed);
  } else {
    fmt::format_to(std::back_inserter(out), "  {:>3} {:08x}{}", text, value, changed);
  }
}

void trim_right(std::string& text) {
  text.erase(text.find_last_not_of(' ') + 1);
}

std::string format_flags(const abi::FirmwareRegisters& before, const abi::FirmwareRegisters& after) {
  std::string out = fmt::format("  eflags {:08x}{} ", after.eflags, mark(before.eflags, after.eflags));
  for (const std::string_view text : kFlags) {
    const RegisterName* name = find_register(text);
    if (name != nullptr) {
      const std::uint32_t value = get_register(after, *name);
      fmt::format_to(std::back_inserter(out), " {}={}{}", text, value,
                     mark(get_register(before, *name), value));
    }
  }
  trim_right(out);
  return out + "\n";
}

std::string format_repairs(std::uint32_t repairs) {
  return repairs == 0 ? std::string()
                      : fmt::format("  put right after the call: {}\n",
                                    fmt::join(report::repair_names(repairs), ", "));
}

}  // namespace

abi::FirmwareRegisters registers_before(const Step& step, const CallResult* previous) {
  abi::FirmwareRegisters before = step.call.registers;
  if (previous != nullptr && step.repeat == abi::BatchRepeat::kWhileNonZero &&
      step.repeat_register <= sizeof(before) - sizeof(std::uint32_t)) {
    std::memcpy(reinterpret_cast<std::byte*>(&before) + step.repeat_register,
                reinterpret_cast<const std::byte*>(&previous->registers) + step.repeat_register,
                sizeof(std::uint32_t));
  }
  return before;
}

std::string format_registers(const abi::FirmwareRegisters& before, const abi::FirmwareRegisters& after) {
  std::string out;
  for (const auto& row : kRows) {
    std::string line;
    for (const std::string_view name : row) {
      append_register(line, name, before, after);
    }
    trim_right(line);
    out += line + "\n";
  }
  return out + format_flags(before, after);
}

std::string format_call(const ScriptStep& step, const CallResult* previous, const CallResult& call) {
  std::string out = step.title;
  if (step.step.repeat == abi::BatchRepeat::kWhileNonZero) {
    out += fmt::format(" #{}", call.iteration + 1);
  }
  if (step.step.repeat == abi::BatchRepeat::kReadMemory) {
    return out + "\n" + report::hexdump(call.buffer);
  }
  out += fmt::format("  ({} cycles)\n", call.cycles);
  out += format_registers(registers_before(step.step, previous), call.registers);
  out += format_repairs(call.repairs);
  for (const CallBuffer& buffer : step.buffers) {
    if (buffer.output_path.empty() && std::size_t{buffer.offset} + buffer.bytes <= call.buffer.size()) {
      out += fmt::format("  buffer {}, {} bytes\n", buffer.name, buffer.bytes);
      out += report::hexdump(std::span(call.buffer).subspan(buffer.offset, buffer.bytes));
    }
  }
  return out;
}

std::string format_status(abi::BatchStatus status) {
  switch (status) {
    case abi::BatchStatus::kDone:
      return {};
    case abi::BatchStatus::kStoppedOnCarry:
      return "stopped: the last call returned CF=1\n";
    case abi::BatchStatus::kMalformed:
      return "stopped: the payload refused the request\n";
    case abi::BatchStatus::kReplyFull:
      return "stopped: the reply is full, the rest was not called\n";
    case abi::BatchStatus::kLimit:
      return "a repetition reached its limit before it ended\n";
  }
  return {};
}

}  // namespace kjump::bios
