// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

#if KJUMP_MODE_REAL
#define KJUMP_FIRMWARE_CALL kjump_real_firmware_call
#else
#define KJUMP_FIRMWARE_CALL kjump_firmware_call
#endif

extern "C" void KJUMP_FIRMWARE_CALL(kjump::abi::FirmwareCall* call);

namespace kjump::bios {

void call(abi::FirmwareCall& call) {
  KJUMP_FIRMWARE_CALL(&call);
}

}  // namespace kjump::bios
