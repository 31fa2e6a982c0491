// SPDX-License-Identifier: MIT
/// Inside the runtime: fields of the exchange header, and the console's place in it.
#pragma once

#include <kjump/abi/image.hpp>
#include <kjump/payload.hpp>

#include "memory/physical_memory.hpp"

// Linked at its physical address, which is out of reach of a real-mode pointer: take its address only.
extern "C" const char kjump_parameters[];

namespace kjump {

/// LoaderParameters::flags of this image.
[[nodiscard]] inline uint32_t kjump_parameters_flags() {
  return read_physical<uint32_t>(static_cast<uint32_t>(reinterpret_cast<uintptr_t>(kjump_parameters)) +
                                 offsetof(abi::LoaderParameters, flags));
}

[[nodiscard]] bool has_exchange();
[[nodiscard]] uint32_t exchange_field(size_t offset);
void set_exchange_field(size_t offset, uint32_t value);

/// Appends one character to the exchange's console text; counts what does not fit.
void exchange_console_put(char character);

}  // namespace kjump
