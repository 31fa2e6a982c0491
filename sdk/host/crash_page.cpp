// SPDX-License-Identifier: MIT
#include "host/crash_page.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include <kjump/abi/layout.hpp>

#include "host/boot_id.hpp"
#include "host/memory_map.hpp"

namespace kjump {

Result<CrashPage> CrashPage::open(const System& system, const std::string& image_name, std::uint64_t nonce) {
  KJUMP_TRY(const MemoryMap map, MemoryMap::read_low(system));
  if (map.first_hole(abi::kCrashRecordBase, abi::kCrashRecordNeedsEnd)) {
    return fail(ErrorCode::kUnsupported, "no memory is free for the crash record", "conventional memory",
                "a jump that resets the machine leaves no record");
  }
  KJUMP_TRY(PhysicalMapping mapping, PhysicalMapping::map(system, abi::kCrashRecordBase, abi::kPageBytes,
                                                          PhysicalMapping::Access::kReadWrite));
  abi::CrashRecord record{};
  record.magic = abi::kCrashRecordMagic;
  record.bytes = abi::kCrashRecordBytes;
  record.nonce = nonce;
  const BootId boot = read_boot_id(system);
  std::copy(boot.begin(), boot.end(), std::begin(record.boot_id));
  image_name.copy(std::begin(record.image_name), std::size(record.image_name) - 1);
  return CrashPage(std::move(mapping), record);
}

CrashPage::CrashPage(PhysicalMapping mapping, const abi::CrashRecord& record)
    : mapping_(std::move(mapping)),
      record_(record),
      before_(mapping_.bytes().begin(), mapping_.bytes().begin() + sizeof(record)) {}

CrashPage::~CrashPage() {
  if (!mapping_.bytes().empty()) {  // not moved away
    std::copy(before_.begin(), before_.end(), mapping_.bytes().begin());
  }
}

void CrashPage::begin(std::uint32_t sequence, std::uint32_t deadline_ms) {
  record_.started_at = static_cast<std::uint64_t>(std::time(nullptr));
  record_.sequence = sequence;
  record_.deadline_ms = deadline_ms;
  write();
}

void CrashPage::end() {
  record_.sequence = 0;
  write();
}

void CrashPage::write() {
  std::memcpy(mapping_.bytes().data(), &record_, sizeof(record_));
}

}  // namespace kjump
