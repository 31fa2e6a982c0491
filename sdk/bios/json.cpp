// SPDX-License-Identifier: MIT
#include "bios/json.hpp"

#include <iterator>

#include <fmt/format.h>

#include "bios/registers.hpp"
#include "report/names.hpp"

namespace kjump::bios {

namespace {

/// Registers as the hexadecimal text that people compare with manuals, flags as truth values.
Json registers_json(const abi::FirmwareRegisters& registers) {
  Json json;
  for (const char* text :
       {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "ds", "es", "fs", "gs", "eflags"}) {
    if (const RegisterName* name = find_register(text); name != nullptr) {
      json[text] = fmt::format("0x{:0{}x}", get_register(registers, *name), name->bits / 4);
    }
  }
  for (const char* text : {"cf", "zf", "if", "df"}) {
    if (const RegisterName* name = find_register(text); name != nullptr) {
      json[text] = get_register(registers, *name) != 0;
    }
  }
  return json;
}

Json buffers_json(const ScriptStep& step, const CallResult& call) {
  Json json = Json::array();
  for (const CallBuffer& buffer : step.buffers) {
    if (std::size_t{buffer.offset} + buffer.bytes > call.buffer.size()) {
      continue;
    }
    Json entry{{"name", buffer.name}, {"bytes", buffer.bytes}};
    if (buffer.output_path.empty()) {
      entry["content"] = hex_text(std::span(call.buffer).subspan(buffer.offset, buffer.bytes));
    } else {
      entry["file"] = buffer.output_path;
    }
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

std::string hex_text(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    fmt::format_to(std::back_inserter(text), "{:02x}", std::to_integer<unsigned>(byte));
  }
  return text;
}

std::string status_name(const BatchReply& reply) {
  if (!reply.returned()) {
    return "died";
  }
  switch (reply.status) {
    case abi::BatchStatus::kDone:
      return "done";
    case abi::BatchStatus::kStoppedOnCarry:
      return "stopped-on-carry";
    case abi::BatchStatus::kMalformed:
      return "malformed";
    case abi::BatchStatus::kReplyFull:
      return "reply-full";
    case abi::BatchStatus::kLimit:
      return "limit";
  }
  return "unknown";
}

Json to_json(const std::vector<ScriptStep>& steps, const BatchReply& reply) {
  Json calls = Json::array();
  for (const CallResult& call : reply.calls) {
    if (call.step >= steps.size()) {
      continue;
    }
    const ScriptStep& step = steps[call.step];
    Json entry{{"step", call.step}, {"iteration", call.iteration}, {"call", step.title}};
    if (step.step.repeat != abi::BatchRepeat::kReadMemory) {
      entry["cycles"] = call.cycles;
      entry["registers"] = registers_json(call.registers);
      entry["repairs"] = report::repair_names(call.repairs);
    }
    entry["buffers"] = buffers_json(step, call);
    calls.push_back(std::move(entry));
  }
  return {{"status", status_name(reply)}, {"calls", std::move(calls)}};
}

}  // namespace kjump::bios
