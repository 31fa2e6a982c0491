// SPDX-License-Identifier: MIT
/// The contract report and the marks of stacks as JSON, in both directions.
///
/// {"classes": "registers,flags", "changes": [{"call": 3, "callee": {"kind": "interrupt", "vector": "0x13",
///  "target_segment": "0x0", "target_offset": "0x0", "eax": "0x4200"}, "trap": "T16", "class": "flags",
///  "what": "direction-flag", "index": "0xa", "bytes": 1, "before": "0x0", "after": "0x1", "repaired": true,
///  "expected": false, "text": "..."}], "dropped": 0, "not_comparable": ["mtrr"]}; null when nothing was
///  asked
/// for. Stacks: {"supervisor": {"bytes": 4096, "used": 260}, "payload": ..., "firmware": ...}.
#pragma once

#include <nlohmann/json.hpp>

#include <kjump/target.hpp>

namespace kjump::report {

[[nodiscard]] nlohmann::ordered_json contract_to_json(const ContractReport& contract);
[[nodiscard]] nlohmann::ordered_json stacks_to_json(const JumpReport& jump);

/// They throw Mismatch or the library's exceptions.
[[nodiscard]] ContractReport read_contract(const nlohmann::ordered_json& json);
void read_stacks(const nlohmann::ordered_json& json, JumpReport& jump);

}  // namespace kjump::report
