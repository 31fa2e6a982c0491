// SPDX-License-Identifier: MIT
/// What the commands of hibernation print about a passage: for people, and as JSON.
#pragma once

#include <string>

#include "hibernate/hibernation.hpp"

namespace kjump::cli {

[[nodiscard]] std::string hibernate_text(const hibernate::HibernateReport& report, const std::string& store);

/// {"status": "restored", "generation", "slot", "pages": {...}, "stored_bytes", "image_blocks",
/// "room_blocks", "saved_at", "save_us": {"prepare", "scan", "content", "verify", "finish", "mb_per_s"},
/// "restore_us" likewise or null, "save_work_us": {"look", "lz4", "hash", "disk"}, "restore_work_us" likewise
/// or null, "door", "phases_us", "unwatched": [{"name", "why"}], "notes": [TEXT]}
[[nodiscard]] std::string hibernate_json(const hibernate::HibernateReport& report);

[[nodiscard]] std::string resume_text(const hibernate::ResumeReport& report, const std::string& store);
[[nodiscard]] std::string resume_json(const hibernate::ResumeReport& report);

}  // namespace kjump::cli
