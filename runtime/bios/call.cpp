// SPDX-License-Identifier: MIT
#include <kjump/payload.hpp>

#if KJUMP_MODE_REAL
#define KJUMP_FIRMWARE_CALL kjump_real_firmware_call
#elif KJUMP_MODE_LONG
#define KJUMP_FIRMWARE_CALL kjump_long_firmware_call
#else
#define KJUMP_FIRMWARE_CALL kjump_firmware_call
#endif

extern "C" void KJUMP_FIRMWARE_CALL(kjump::abi::FirmwareCall* call);

namespace kjump::bios {

#if KJUMP_MODE_LONG
// The thunk, which runs in physical mode, could not reach a record above 4 GiB.
void call(abi::FirmwareCall& call) {
  static abi::FirmwareCall low_record;
  low_record = call;
  KJUMP_FIRMWARE_CALL(&low_record);
  call = low_record;
}
#else
void call(abi::FirmwareCall& call) {
  KJUMP_FIRMWARE_CALL(&call);
}
#endif

}  // namespace kjump::bios
