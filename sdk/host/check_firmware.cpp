// SPDX-License-Identifier: MIT
// Is there a BIOS to call, and is the memory of an image ordinary memory? (kexec_jump.md 7)
#include <fmt/format.h>

#include <kjump/abi/layout.hpp>

#include "host/checks.hpp"
#include "host/firmware.hpp"
#include "host/memory_map.hpp"

namespace kjump {
namespace {

constexpr const char* kNoBiosFix = "boot in legacy (BIOS, CSM) mode, or use images that need no BIOS";

Check check_boot(bool efi, bool vectors_sane, const Needs& needs) {
  static constexpr const char* kId = "firmware";
  static constexpr const char* kTitle = "firmware has BIOS services";
  if (!efi) {
    return passed(kId, kTitle, "booted by a BIOS");
  }
  if (vectors_sane) {
    return remark(kId, kTitle, "booted by EFI, but page 0 holds a BIOS's vectors (CSM)");
  }
  static constexpr const char* kFinding = "booted by EFI without CSM: there are no BIOS services";
  return needs.bios
             ? failed(kId, kTitle, ErrorCode::kUnsupported, kFinding, kNoBiosFix)
             : remark(kId, kTitle, std::string(kFinding) + "; images that need them are refused", kNoBiosFix);
}

Check check_vectors(const Result<LowMemoryFacts>& facts, const Needs& needs) {
  static constexpr const char* kId = "ivt";
  static constexpr const char* kTitle = "BIOS interrupt vectors are sane";
  if (facts && facts->ivt_problem.empty()) {
    return passed(kId, kTitle,
                  fmt::format("INT 10h, 13h, 15h and 1Ah lead into ROM, base memory ends at {:#x}",
                              facts->base_memory_end));
  }
  const std::string finding = facts ? facts->ivt_problem : facts.error().text();
  return needs.bios ? failed(kId, kTitle, ErrorCode::kUnsupported, finding, kNoBiosFix)
                    : remark(kId, kTitle, finding + "; images that need the BIOS are refused", kNoBiosFix);
}

}  // namespace

std::vector<Check> check_firmware(const System& system, const Result<LowMemoryFacts>& facts,
                                  const Needs& needs) {
  const bool sane = facts && facts->ivt_problem.empty();
  return {check_boot(booted_by_efi(system), sane, needs), check_vectors(facts, needs)};
}

Check check_low_memory(const System& system, const Result<LowMemoryFacts>& facts) {
  static constexpr const char* kId = "low-memory";
  static constexpr const char* kTitle = "an image's memory is System RAM";
  static constexpr const char* kFix =
      "this firmware leaves too little conventional memory; look for a setup option "
      "that moves or shrinks its data area";
  const auto map = MemoryMap::read_low(system);
  if (!map) {
    return failed(kId, kTitle, map.error().code, map.error().text(), map.error().hint);
  }
  if (const auto hole = map->first_hole(abi::kImageLowest, abi::kImageEnd)) {
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  fmt::format("{:#x} is not System RAM but '{}'", *hole, map->type_at(*hole)), kFix);
  }
  // Without a BIOS the BIOS data area is ordinary memory and says nothing.
  if (facts && facts->ivt_problem.empty() && facts->base_memory_end < abi::kImageEnd) {
    return failed(kId, kTitle, ErrorCode::kUnsupported,
                  fmt::format("base memory ends at {:#x}, an image may reach up to {:#x}",
                              facts->base_memory_end, abi::kImageEnd),
                  kFix);
  }
  return passed(kId, kTitle, fmt::format("{:#x} to {:#x} is System RAM", abi::kImageLowest, abi::kImageEnd));
}

}  // namespace kjump
