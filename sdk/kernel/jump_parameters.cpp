// SPDX-License-Identifier: MIT
#include "kernel/jump_parameters.hpp"

#include <fmt/format.h>

#include <span>

#include "kernel/low_area.hpp"
#include "kernel/registry.hpp"

namespace kjump::two_kernels {

namespace format = abi::two_kernels;

JumpParameters parameters_in(const abi::two_kernels::HandOff& page) {
  const abi::two_kernels::KernelRecord& first = page.kernels[0];
  JumpParameters found;
  found.id = fmt::format("{:016x}", page.id);
  found.name = text_of_field(page.name);
  found.place = place_name(static_cast<abi::two_kernels::Place>(page.place));
  found.memory_base = page.memory_base;
  found.memory_bytes = page.memory_bytes;
  found.crossings = page.crossings;
  found.first_release = text_of_field(first.release);
  found.second_release = text_of_field(page.kernels[1].release);
  found.entry = first.entry.return_address;
  found.control_page = first.control_page;
  found.control_known = first.frame_known == 1;
  if (found.control_known) {
    found.backup_map = first.control.backup_map;
    found.swap_page = first.control.swap_page;
    found.tables = first.control.tables;
    found.cr3 = first.control.cr3;
    found.registers = first.frame;
  }
  found.vmcoreinfo = page.vmcoreinfo_base;
  found.vmcoreinfo_bytes = page.vmcoreinfo_bytes;
  return found;
}

Result<JumpParameters> parameters_here(const System& system) {
  KJUMP_TRY(const abi::two_kernels::HandOff page, page_in_second(system));
  return parameters_in(page);
}

Result<format::HandOff> page_in_dump(Dump& dump) {
  static constexpr const char* kHint =
      "take it in a kernel that kjump kernel run has started, before it goes back";
  format::HandOff page{};
  if (!dump.covers(format::kHandOffBase, sizeof page) ||
      !dump.has_page(format::kHandOffBase / abi::kPageBytes)) {
    return fail(ErrorCode::kUnsupported, "the dump does not hold the hand-off page of two kernels",
                fmt::format("{:#x}", format::kHandOffBase), kHint);
  }
  KJUMP_CHECK(dump.read(format::kHandOffBase, std::as_writable_bytes(std::span(&page, 1))));
  if (page.magic == format::kMagic && page.version != format::kVersion) {
    return fail(ErrorCode::kUnsupported, "the dump was taken with another version of kjump",
                fmt::format("hand-off page of version {}, this one has {}", page.version, format::kVersion));
  }
  if (!is_hand_off(page) ||
      page.kernels[0].presence != static_cast<std::uint32_t>(format::Presence::kWaits)) {
    return fail(ErrorCode::kUnsupported, "no kernel waits in the dump: there is nothing to go on with",
                fmt::format("hand-off page at {:#x}", format::kHandOffBase), kHint);
  }
  return page;
}

Result<DumpParameters> parameters_of_dump(const std::string& path) {
  KJUMP_TRY(const std::unique_ptr<Dump> dump, open_dump(path));
  KJUMP_TRY(const format::HandOff page, page_in_dump(*dump));
  const DumpFacts& facts = dump->facts();
  return DumpParameters{parameters_in(page), facts.format, facts.level, facts.pages, facts.pages_there};
}

}  // namespace kjump::two_kernels
