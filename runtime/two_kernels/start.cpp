// SPDX-License-Identifier: MIT
#include "two_kernels/start.hpp"

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/processor.hpp>

using namespace kjump;

extern "C" {
extern abi::EntryState kjump_entry_state;  // stubs/entry.asm
extern uint32_t kjump_way_back;
extern uint64_t kjump_start_entry;  // stubs/kernel/start.asm
extern uint64_t kjump_start_tables;
extern const char kjump_start_long[];
extern const char kjump_start_physical[];
}

namespace kjump::two_kernels {

void start_kernel(uint64_t entry, uint64_t page_tables) {
  kjump_start_entry = entry;
  kjump_start_tables = page_tables;
  const char* way = page_tables != 0 ? kjump_start_long : kjump_start_physical;
  // The state with which the way up goes into long mode. A kernel may be entered with four levels whatever it
  // will use: it changes to five by itself (arch/x86/boot/compressed/head_64.S: configure_5level_paging).
  kjump_entry_state.cr4 = abi::kCr4Pae;
  kjump_entry_state.cr0 = abi::kCr0ProtectionEnable | abi::kCr0NumericError | abi::kCr0Paging | 1u << 4;
  kjump_entry_state.efer = abi::kEferLongModeEnable;
  kjump_way_back = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(way));
}

}  // namespace kjump::two_kernels
