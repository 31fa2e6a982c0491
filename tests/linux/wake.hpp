// SPDX-License-Identifier: MIT
/// What the tests of the wake door share.
#pragma once

#include <string>
#include <string_view>

#include "linux/guest.hpp"

namespace kjump::tests {

/// What hello_real prints and replies, exactly: a payload that ran twice prints twice.
inline constexpr std::string_view kHelloSays = "The BIOS says: 639 KiB of conventional memory.\n";
inline constexpr std::string_view kHelloReplies = "fwIAAA==";  // 27Fh in base64, four bytes

/// True for a jump of hello_real through whatever door that went as it should.
inline testing::AssertionResult hello_returned(const nlohmann::json& jump) {
  if (jump["outcome"] == "returned" && jump["status"] == 0 && jump["console"] == kHelloSays &&
      jump["reply"] == kHelloReplies) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << jump.dump(2);
}

/// Shell functions: `code` prints the first 16 bytes of the kernel's wake-up code as they are now, `awake N`
/// suspends as any program would, with an alarm that many seconds ahead, and fails when the kernel refuses or
/// does not sleep. Put it before anything has been displaced: it asks for the address first.
inline constexpr const char* kWake = R"sh(
alarm=/sys/class/rtc/rtc0/wakealarm
address=$(kjump doctor --json | grep -A3 '"wake-code"' | grep -o '0x[0-9a-f]*')
[ -n "$address" ] || { echo "no wake-up code" >&2; exit 1; }
code() { devmem $((address)) 64; devmem $((address + 8)) 64; }
# On q35 SeaBIOS forgets the chip set's PM base when it wakes (docs/decisions.md); what is not kjump has to
# put it back by itself, or the next suspend returns at once.
lpc=/sys/bus/pci/devices/0000:00:1f.0/config
[ ! -e $lpc ] || dd if=$lpc of=/tmp/pm-base bs=1 skip=64 count=8 2>/dev/null
awake() {
  echo 0 >$alarm; echo +$1 >$alarm; when=$(cat $alarm)
  echo mem >/sys/power/state || return
  [ ! -e $lpc ] || dd if=/tmp/pm-base of=$lpc bs=1 seek=64 conv=notrunc 2>/dev/null
  [ "$(cat /sys/class/rtc/rtc0/since_epoch)" -ge "$when" ]
}
)sh";

/// A task that cannot be frozen, on kernels with FUSE: it waits for a file system that nobody serves, in a
/// state that only a fatal signal ends. Suspending gives up after two seconds. Ends with `free_stuck_task`.
inline constexpr const char* kStuckTask = R"sh(
free_stuck_task() { exec 3>&-; wait; umount /mnt; }
echo 2000 >/sys/power/pm_freeze_timeout
exec 3<>/dev/fuse
mount -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 nobody /mnt || exit 1
stat /mnt >/dev/null 2>&1 3>&- &
sleep 1
)sh";

}  // namespace kjump::tests
