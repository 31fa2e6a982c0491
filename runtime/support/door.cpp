// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

extern "C" const kjump::abi::EntryState kjump_entry_state;  // flat, filled by the entry stub

namespace kjump {

abi::Door door() {
  uint8_t door = 0;
  copy_from_physical(&door, reinterpret_cast<uintptr_t>(&kjump_entry_state.door), sizeof door);
  return static_cast<abi::Door>(door);
}

}  // namespace kjump
