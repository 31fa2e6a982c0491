// SPDX-License-Identifier: MIT
#include "host/last_crash.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <kjump/abi/layout.hpp>

#include "host/boot_id.hpp"
#include "host/open_session.hpp"
#include "host/physical_memory.hpp"

namespace kjump {
namespace {

constexpr const char* kPlace = "crash record";

bool is_of_a_jump(const abi::CrashRecord& record) {
  return record.magic == abi::kCrashRecordMagic && record.bytes == abi::kCrashRecordBytes &&
         record.nonce != 0 && record.sequence != 0;
}

Result<PhysicalMapping> map_record(const System& system, PhysicalMapping::Access access) {
  return PhysicalMapping::map(system, abi::kCrashRecordBase, abi::kPageBytes, access);
}

}  // namespace

std::optional<LastCrash> parse_last_crash(std::span<const std::byte> page, const BootId& now) {
  abi::CrashRecord record{};
  if (page.size() < sizeof(record)) {
    return std::nullopt;
  }
  std::memcpy(&record, page.data(), sizeof(record));
  if (!is_of_a_jump(record)) {
    return std::nullopt;
  }
  LastCrash crash;
  crash.image.assign(record.image_name, ::strnlen(record.image_name, sizeof record.image_name));
  crash.started_at = record.started_at;
  crash.sequence = record.sequence;
  crash.deadline_ms = record.deadline_ms;
  crash.trail = record.trail;
  crash.this_boot = std::equal(now.begin(), now.end(), std::begin(record.boot_id));
  return crash;
}

Result<std::optional<LastCrash>> read_last_crash_on(const System& system) {
  KJUMP_TRY(const PhysicalMapping memory, map_record(system, PhysicalMapping::Access::kRead));
  return parse_last_crash(memory.bytes(), read_boot_id(system));
}

Result<void> clear_last_crash_on(const System& system) {
  KJUMP_TRY(const auto crash, read_last_crash_on(system));
  if (crash && crash->this_boot) {
    return fail(ErrorCode::kBusy, "the record belongs to a session of this boot", kPlace,
                "it goes with its session, or with the next one");
  }
  if (crash) {
    KJUMP_TRY(const PhysicalMapping memory, map_record(system, PhysicalMapping::Access::kReadWrite));
    std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte{0});
  }
  return {};
}

Result<std::optional<LastCrash>> read_last_crash() {
  return read_last_crash_on(this_machine());
}

Result<void> clear_last_crash() {
  return clear_last_crash_on(this_machine());
}

}  // namespace kjump
