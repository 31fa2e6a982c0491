// SPDX-License-Identifier: MIT
#include "report/json_contract.hpp"

#include <array>

#include <kjump/abi/firmware_call.hpp>

#include "report/contract.hpp"
#include "report/json_fields.hpp"

namespace kjump::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, abi::kStacks> kStackKeys{"supervisor", "payload", "firmware"};

Json change_to_json(const abi::ContractRecord& record) {
  const bool far = record.kind == static_cast<std::uint16_t>(abi::CallKind::kFarCall);
  Json callee = fields_to_json<Json>(record);
  Json json{{"call", record.call}};
  json["callee"] = {{"kind", far ? "far-call" : "interrupt"},
                    {"vector", callee["vector"]},
                    {"target_segment", callee["target_segment"]},
                    {"target_offset", callee["target_offset"]},
                    {"eax", callee["eax"]}};
  json["trap"] = line_trap(record.line);
  json["class"] = line_class(record.line);
  json["what"] = line_name(record.line);
  json["index"] = callee["index"];
  json["bytes"] = record.bytes;
  json["before"] = callee["before"];
  json["after"] = callee["after"];
  json["repaired"] = (record.flags & abi::kContractRepaired) != 0;
  json["expected"] = (record.flags & abi::kContractExpected) != 0;
  json["text"] = change_text(record);
  return json;
}

std::uint16_t read_line(const Json& name) {
  const auto line = line_from_name(name.get<std::string>());
  if (!line) {
    throw Mismatch{fmt::format("the contract report knows no '{}'", name.get<std::string>())};
  }
  return *line;
}

abi::ContractRecord read_change(const Json& json) {
  abi::ContractRecord record{};
  Json flat = json.at("callee");
  for (const char* key : {"index", "before", "after"}) {
    flat[key] = json.at(key);
  }
  fields_from_json(flat, record);
  record.call = number<std::uint32_t>(json.at("call"), "call");
  record.bytes = number<std::uint16_t>(json.at("bytes"), "bytes");
  record.line = read_line(json.at("what"));
  const bool far = flat.at("kind").get<std::string>() == "far-call";
  record.kind = static_cast<std::uint16_t>(far ? abi::CallKind::kFarCall : abi::CallKind::kInterrupt);
  record.flags = static_cast<std::uint16_t>((json.at("repaired").get<bool>() ? abi::kContractRepaired : 0) |
                                            (json.at("expected").get<bool>() ? abi::kContractExpected : 0));
  return record;
}

}  // namespace

Json contract_to_json(const ContractReport& contract) {
  if (contract.classes == 0) {
    return {};
  }
  Json changes = Json::array();
  for (const abi::ContractRecord& record : contract.records) {
    changes.push_back(change_to_json(record));
  }
  Json skipped = Json::array();
  for (std::uint16_t line = 0; line < abi::kContractLines; ++line) {
    if ((contract.skipped >> line & 1) != 0) {
      skipped.push_back(line_name(line));
    }
  }
  return Json{{"classes", class_list(contract.classes)},
              {"changes", std::move(changes)},
              {"dropped", contract.dropped},
              {"not_comparable", std::move(skipped)}};
}

ContractReport read_contract(const Json& json) {
  ContractReport contract;
  if (json.is_null()) {
    return contract;
  }
  const auto classes = parse_classes(json.at("classes").get<std::string>());
  if (!classes) {
    throw Mismatch{classes.error().what};
  }
  contract.classes = *classes;
  for (const Json& change : json.at("changes")) {
    contract.records.push_back(read_change(change));
  }
  contract.dropped = number<std::uint32_t>(json.at("dropped"), "dropped");
  for (const Json& name : json.at("not_comparable")) {
    contract.skipped |= 1U << read_line(name);
  }
  return contract;
}

Json stacks_to_json(const JumpReport& jump) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kStackKeys.size(); ++i) {
    json[kStackKeys.at(i)] = {{"bytes", jump.stacks.at(i).bytes}, {"used", jump.stacks.at(i).used}};
  }
  return json;
}

void read_stacks(const Json& json, JumpReport& jump) {
  for (std::size_t i = 0; i < kStackKeys.size(); ++i) {
    const Json& mark = json.at(kStackKeys.at(i));
    jump.stacks.at(i) = {number<std::uint32_t>(mark.at("bytes"), "bytes"),
                         number<std::uint32_t>(mark.at("used"), "used")};
  }
}

}  // namespace kjump::report
