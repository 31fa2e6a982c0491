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

/// "/home/me/hello.cpp:33": where that instruction comes from. Empty when the image does not know: it lies
/// outside, or was made without debug information.
[[nodiscard]] std::string source_of(const Image& image, const abi::FaultRecord& fault);

}  // namespace kjump
