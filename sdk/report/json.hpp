// SPDX-License-Identifier: MIT
/// RunReport as JSON, complete in both directions. `kjump run --json` prints it, the linux-vm target reads
/// it.
///
/// {"target": "vm", "door": "carrier", "door_reason": "", "kernel": "", "log": "", "notes": [...],
/// "breaches": [...], "jumps": [
///    {"outcome": "returned", "status": 0, "reply": BASE64, "console": TEXT, "console_cut": false,
///     "phases_us": {"load": null, "way_in": 12, "payload": 3, "way_back": 40}, "repairs": ["a20"],
///     "hardware": ["x2apic"], "entry_state": {"rsp": "0x..", ...}, "fault": {"vector": "0xd", ...} or null,
///     "expired_call": 0, "stacks": {...}, "contract": {...} or null (json_contract.hpp), "reason": ""}]}
/// A run that did not come to a report is {"error": {"code", "what", "subject", "hint", "errno"}}.
/// Keys are only ever added. Console bytes above 0x7F appear as the code points U+0080 to U+00FF.
#pragma once

#include <optional>
#include <string>

#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump::report {

[[nodiscard]] std::string to_json(const RunReport& report);
[[nodiscard]] std::string to_json(const Error& error);

/// Text that is no report is an error (kMalformed) which names the key.
[[nodiscard]] Result<RunReport> report_from_json(const std::string& text);

/// The error that the text holds, if it is of the error form.
[[nodiscard]] std::optional<Error> error_from_json(const std::string& text);

}  // namespace kjump::report
