// SPDX-License-Identifier: MIT
// Puts the pieces of a jump image into place, 32-bit, paging off, and tells the payload what the command line
// says.
#include <kjump/abi/boot.hpp>
#include <kjump/abi/hibernate/restore.hpp>

#include "command_line.hpp"

using namespace kjump;

// From the linker script: where the sdk appends plan and pieces.
extern "C" const abi::MultibootPlan multiboot_plan;

namespace {

// Multiboot specification 0.6.96, section 3.3.
struct MultibootInfo {
  uint32_t flags;
  uint32_t memory_lower_kib;
  uint32_t memory_upper_kib;
  uint32_t boot_device;
  const char* command_line;
};
constexpr uint32_t kMultibootBootMagic = 0x2BADB002;
constexpr uint32_t kMultibootHasCommandLine = 1u << 2;

multiboot::CommandLine command_line;

uint8_t* memory_at(uint32_t address) {
  return reinterpret_cast<uint8_t*>(address);
}

void lay_out(const abi::MultibootPlan& plan) {
  __builtin_memset(memory_at(abi::kBootClearBase), 0, abi::kBootClearEnd - abi::kBootClearBase);
  const auto* piece = reinterpret_cast<const abi::MultibootPiece*>(&plan + 1);
  const auto* content = reinterpret_cast<const uint8_t*>(piece + plan.pieces);
  for (uint32_t i = 0; i < plan.pieces; ++i, ++piece) {
    __builtin_memcpy(memory_at(piece->address), content, piece->bytes);
    content += piece->bytes;
  }
}

}  // namespace

/// Called by entry.asm with what the Multiboot loader handed over; returns where to go on, 0: nowhere.
extern "C" uint32_t multiboot_lay_out(uint32_t magic, const MultibootInfo* info) {
  if (multiboot_plan.magic != abi::kMultibootPlanMagic) {
    return 0;
  }
  // Before the pieces: the loader's information may lie where they go.
  if (magic == kMultibootBootMagic && (info->flags & kMultibootHasCommandLine) != 0) {
    command_line.take(info->command_line);
  }
  lay_out(multiboot_plan);
  if (multiboot_plan.request != 0) {
    command_line.apply(*reinterpret_cast<abi::hibernate::RestoreRequest*>(multiboot_plan.request));
  }
  return multiboot_plan.entry;
}
