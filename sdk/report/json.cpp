// SPDX-License-Identifier: MIT
#include "report/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "report/base64.hpp"
#include "report/json_contract.hpp"
#include "report/json_fields.hpp"
#include "report/names.hpp"

namespace kjump::report {
namespace {

// Order of keys is for the reader's eye.
using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<ErrorCode, std::string_view>, 9> kErrorCodes{{
    {ErrorCode::kSystem, "system"},
    {ErrorCode::kMalformed, "malformed"},
    {ErrorCode::kUnsupported, "unsupported"},
    {ErrorCode::kForbidden, "forbidden"},
    {ErrorCode::kBusy, "busy"},
    {ErrorCode::kLimit, "limit"},
    {ErrorCode::kTimeout, "timeout"},
    {ErrorCode::kGuest, "guest"},
    {ErrorCode::kInvalid, "invalid"},
}};

Json phases_to_json(const Phases& phases) {
  const auto value = [](const std::optional<std::uint64_t>& phase) { return phase ? Json(*phase) : Json(); };
  return Json{{"load", value(phases.load)},
              {"way_in", value(phases.way_in)},
              {"payload", value(phases.payload)},
              {"way_back", value(phases.way_back)}};
}

// With kind "interrupt" or "far-call"; null when no firmware was running.
Json call_to_json(const abi::FaultRecord& fault) {
  if (fault.in_firmware == 0) {
    return {};
  }
  Json call = fields_to_json<Json>(fault.call);
  call["kind"] = fault.call.kind == abi::CallKind::kFarCall ? "far-call" : "interrupt";
  return call;
}

Json fault_to_json(const JumpReport& jump) {
  if (jump.outcome != abi::Outcome::kFault && jump.outcome != abi::Outcome::kTimeout) {
    return {};
  }
  Json fault = fields_to_json<Json>(jump.fault);
  fault["code"] = encode_base64(std::as_bytes(std::span(jump.fault.code)));
  fault["stack"] = encode_base64(std::as_bytes(std::span(jump.fault.stack)));
  fault["place"] = jump.place;
  fault["source"] = jump.source;
  fault["call"] = call_to_json(jump.fault);
  return fault;
}

void read_bytes(const Json& json, const char* key, std::span<std::uint8_t> to) {
  const auto bytes = decode_base64(json.at(key).get<std::string>());
  if (!bytes || bytes->size() != to.size()) {
    throw Mismatch{fmt::format("{} is not base64 of {} bytes", key, to.size())};
  }
  std::transform(bytes->begin(), bytes->end(), to.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
}

void read_fault(const Json& json, JumpReport& jump) {
  fields_from_json(json, jump.fault);
  read_bytes(json, "code", jump.fault.code);
  read_bytes(json, "stack", jump.fault.stack);
  jump.place = json.at("place").get<std::string>();
  jump.source = json.at("source").get<std::string>();
  const Json& call = json.at("call");
  if (!call.is_null()) {
    fields_from_json(call, jump.fault.call);
    const bool far = call.at("kind").get<std::string>() == "far-call";
    jump.fault.call.kind = far ? abi::CallKind::kFarCall : abi::CallKind::kInterrupt;
  }
}

Json jump_to_json(const JumpReport& jump) {
  return Json{{"outcome", outcome_name(jump.outcome)},
              {"status", jump.status},
              {"reply", encode_base64(jump.reply)},
              {"bulk_reply_bytes", jump.bulk_reply_bytes},
              {"console", text_to_utf8(jump.console)},
              {"console_cut", jump.console_cut},
              {"phases_us", phases_to_json(jump.phases)},
              {"repairs", repair_names(jump.repairs)},
              {"hardware", hardware_names(jump.hardware_notes)},
              {"entry_state", fields_to_json<Json>(jump.entry)},
              {"fault", fault_to_json(jump)},
              {"expired_call", jump.expired_call},
              {"stacks", stacks_to_json(jump)},
              {"contract", contract_to_json(jump.contract)},
              {"reason", text_to_utf8(jump.reason)}};
}

std::optional<std::uint64_t> read_phase(const Json& phases, const char* key) {
  const Json& value = phases.at(key);
  return value.is_null() ? std::nullopt : std::optional(number<std::uint64_t>(value, key));
}

template <typename BitOf>
std::uint32_t read_bits(const Json& names, const char* key, BitOf bit_of) {
  std::uint32_t bits = 0;
  for (const Json& name : names.at(key)) {
    const auto bit = bit_of(name.get<std::string>());
    if (!bit) {
      throw Mismatch{fmt::format("{} knows no '{}'", key, name.get<std::string>())};
    }
    bits |= *bit;
  }
  return bits;
}

JumpReport read_jump(const Json& json) {
  JumpReport jump;
  const auto outcome = outcome_from_name(json.at("outcome").get<std::string>());
  auto reply = decode_base64(json.at("reply").get<std::string>());
  if (!outcome || !reply) {
    throw Mismatch{!outcome ? "outcome is none of the known words" : "reply is not base64"};
  }
  jump.outcome = *outcome;
  jump.status = number<std::uint32_t>(json.at("status"), "status");
  jump.reply = *std::move(reply);
  jump.bulk_reply_bytes = number<std::uint64_t>(json.at("bulk_reply_bytes"), "bulk_reply_bytes");
  jump.console = text_from_utf8(json.at("console").get<std::string>(), "console");
  jump.console_cut = json.at("console_cut").get<bool>();
  const Json& phases = json.at("phases_us");
  jump.phases = {read_phase(phases, "load"), read_phase(phases, "way_in"), read_phase(phases, "payload"),
                 read_phase(phases, "way_back")};
  jump.repairs = read_bits(json, "repairs", repair_bit);
  jump.hardware_notes = read_bits(json, "hardware", hardware_bit);
  fields_from_json(json.at("entry_state"), jump.entry);
  if (!json.at("fault").is_null()) {
    read_fault(json.at("fault"), jump);
  }
  jump.expired_call = number<std::uint32_t>(json.at("expired_call"), "expired_call");
  read_stacks(json.at("stacks"), jump);
  jump.contract = read_contract(json.at("contract"));
  jump.reason = text_from_utf8(json.at("reason").get<std::string>(), "reason");
  return jump;
}

RunReport read_report(const Json& json) {
  RunReport report;
  report.target = json.at("target").get<std::string>();
  report.door = json.at("door").get<std::string>();
  report.door_reason = json.at("door_reason").get<std::string>();
  report.kernel = json.at("kernel").get<std::string>();
  report.log = json.at("log").get<std::string>();
  report.notes = json.at("notes").get<std::vector<std::string>>();
  report.breaches = json.at("breaches").get<std::vector<std::string>>();
  for (const Json& jump : json.at("jumps")) {
    report.jumps.push_back(read_jump(jump));
  }
  return report;
}

Error read_error(const Json& json) {
  const std::string name = json.at("code").get<std::string>();
  for (const auto& [code, word] : kErrorCodes) {
    if (word == name) {
      return Error{code, json.at("what").get<std::string>(), json.at("subject").get<std::string>(),
                   json.at("hint").get<std::string>(), number<int>(json.at("errno"), "errno")};
    }
  }
  throw Mismatch{fmt::format("code knows no '{}'", name)};
}

std::string written(const Json& json) {
  // ASCII: a terminal obeys some characters beyond it.
  return json.dump(2, ' ', true, Json::error_handler_t::replace);
}

Failure malformed(const std::string& why) {
  return fail(ErrorCode::kMalformed, "cannot read a run's report: " + why);
}

}  // namespace

std::string to_json(const RunReport& report) {
  Json jumps = Json::array();
  for (const JumpReport& jump : report.jumps) {
    jumps.push_back(jump_to_json(jump));
  }
  return written(Json{{"target", report.target},
                      {"door", report.door},
                      {"door_reason", report.door_reason},
                      {"kernel", report.kernel},
                      {"log", report.log.string()},
                      {"notes", report.notes},
                      {"breaches", report.breaches},
                      {"jumps", std::move(jumps)}});
}

std::string to_json(const Error& error) {
  std::string_view code = "invalid";
  for (const auto& [value, word] : kErrorCodes) {
    if (value == error.code) {
      code = word;
    }
  }
  return written(Json{{"error",
                       {{"code", code},
                        {"what", error.what},
                        {"subject", error.subject},
                        {"hint", error.hint},
                        {"errno", error.system_errno}}}});
}

Result<RunReport> report_from_json(const std::string& text) {
  try {
    return read_report(Json::parse(text));
  } catch (const nlohmann::json::exception& exception) {
    return malformed(exception.what());
  } catch (const Mismatch& mismatch) {
    return malformed(mismatch.what);
  }
}

std::optional<Error> error_from_json(const std::string& text) {
  try {
    return read_error(Json::parse(text).at("error"));
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const Mismatch&) {
    return std::nullopt;
  }
}

}  // namespace kjump::report
