// SPDX-License-Identifier: MIT
/// Addresses of a fault as places in an image.
#pragma once

#include <string>

#include <kjump/abi/fault.hpp>
#include <kjump/image.hpp>

namespace kjump {

/// "kjump_main+0x12": the symbol at or before the faulting instruction. Empty when that lies outside of the
/// image, as in firmware.
[[nodiscard]] std::string place_of(const Image& image, const abi::FaultRecord& fault);

}  // namespace kjump
