// SPDX-License-Identifier: MIT
/// The page of the crash record (abi/crash_record.hpp), as long as a session lasts. What lay there before
/// comes back when the object goes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kjump/abi/crash_record.hpp>
#include <kjump/result.hpp>

#include "host/physical_memory.hpp"
#include "host/system.hpp"

namespace kjump {

class CrashPage {
 public:
  /// An error where that page is not free memory: without EBDA and kernel code near, in RAM.
  [[nodiscard]] static Result<CrashPage> open(const System& system, const std::string& image_name,
                                              std::uint64_t nonce);
  CrashPage(CrashPage&& other) noexcept = default;
  CrashPage& operator=(CrashPage&& other) = delete;
  CrashPage(const CrashPage&) = delete;
  CrashPage& operator=(const CrashPage&) = delete;
  ~CrashPage();

  /// A jump begins; from here on the record tells of it.
  void begin(std::uint32_t sequence, std::uint32_t deadline_ms);
  /// It has come back.
  void end();

 private:
  CrashPage(PhysicalMapping mapping, const abi::CrashRecord& record);
  void write();

  PhysicalMapping mapping_;
  abi::CrashRecord record_;
  std::vector<std::byte> before_;
};

}  // namespace kjump
