// SPDX-License-Identifier: MIT
/// Calls and typed answers as JSON with stable keys. Numbers are numbers, registers and bytes hexadecimal
/// text.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <kjump/bios.hpp>
#include <kjump/bios_calls.hpp>

#include "bios/script.hpp"

namespace kjump::bios {

using Json = nlohmann::ordered_json;

/// "done", "stopped-on-carry", "malformed", "reply-full", "limit"; of a dead payload "died".
[[nodiscard]] std::string status_name(const BatchReply& reply);

[[nodiscard]] Json to_json(const std::vector<ScriptStep>& steps, const BatchReply& reply);
[[nodiscard]] Json to_json(const MemoryMap& map);
[[nodiscard]] Json to_json(const Equipment& equipment);
[[nodiscard]] Json to_json(const Clock& clock);
[[nodiscard]] Json to_json(const VideoModes& video);
[[nodiscard]] Json to_json(const BiosDisks& disks);

/// "534d4150"
[[nodiscard]] std::string hex_text(std::span<const std::byte> bytes);

}  // namespace kjump::bios
