// SPDX-License-Identifier: MIT
// Rule: what hangs on USB answers after a power cycle: a disk, whose driver and name stay, and a keyboard.
#include <gmock/gmock.h>

#include "hibernate/hardware.hpp"

namespace kjump::tests {
namespace {

// Debian's kernel, since ours for tests have no USB; so through the wake door.
TEST(NightlyUsb, DiskAndKeyboardAnswerAfterAPowerCycle) {
  Cycle cycle(Shape{.kernel = "debian", .door = "wake"});
  const auto directory = cycle.disk().path().parent_path();
  const auto stick = directory / "stick.img";
  ASSERT_EQ(std::system(("head -c 4000000 /dev/urandom >'" + stick.string() + "'").c_str()), 0);
  MachineOptions& machine = cycle.guest().options.machine;
  add_hardware(machine, directory);
  machine.extra_arguments.insert(
      machine.extra_arguments.end(),
      {"-device", "qemu-xhci", "-drive", "if=none,id=stick,format=raw,file=" + stick.string(), "-device",
       "usb-storage,drive=stick,bootindex=9", "-device", "usb-kbd"});
  const JobResult result = cycle.run(std::string(kWork) + kHardware + "store=" + cycle.store() + "; door='" +
                                     cycle.door() + "'; pictures=" + directory.string() + "\n" + R"sh(
keyboard=$(sed -n '/USB Keyboard/,/^$/s/^H:.*\(event[0-9]*\).*/\1/p' /proc/bus/input/devices)
for i in $(seq 50); do [ -b /dev/sda ] && break; sleep 0.2; done
md5sum /dev/sda >/work/stick || exit 7
# Sixteen bytes of time, then type, code and value.
usb_key_arrives() {
  { timeout 20 dd if=/dev/input/$keyboard bs=24 count=1 2>/dev/null | hexdump -C >/tmp/key; } & reader=$!
  sleep 0.5; monitor sendkey k; wait $reader; [ -s /tmp/key ]
}
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
hardware_ready $pictures && usb_key_arrives || exit 6
hardware_before; remember
kjump hibernate --to $store $door --alarm 10 >/work/report 2>&1 || { cat /work/report; exit 5; }
sleep 3; echo 3 >/proc/sys/vm/drop_caches
echo "== usb"; md5sum -c /work/stick; echo new >/dev/sda && sync && echo written; usb_key_arrives && echo "a key"
echo "== survived"; survived
echo "== log"; dmesg | grep -i usb | tail -n 20
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(section(result.out, "usb"), "/dev/sda: OK\nwritten\na key\n") << result.out;
  EXPECT_EQ(section(result.out, "survived"), "SURVIVED\n") << result.out;
  EXPECT_EQ(targets::read_log(stick).substr(0, 4), "new\n");
}

}  // namespace
}  // namespace kjump::tests
