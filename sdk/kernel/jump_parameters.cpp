// SPDX-License-Identifier: MIT
#include "kernel/jump_parameters.hpp"

#include <fmt/format.h>

#include "kernel/low_area.hpp"
#include "kernel/registry.hpp"

namespace kjump::two_kernels {

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

}  // namespace kjump::two_kernels
