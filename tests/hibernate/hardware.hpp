// SPDX-License-Identifier: MIT
/// What only hardware state shows after a power cycle, for jobs of cycle.hpp: the guest's second serial port
/// is the emulator's monitor, so that a script can press keys and buttons on the machine that it runs on.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "hibernate/cycle.hpp"

namespace kjump::tests {

/// Adds the monitor, a network card and what a user-mode network offers. Both lives of the machine get them.
inline void add_hardware(MachineOptions& machine, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "tftp");
  std::ofstream(directory / "tftp" / "page") << std::string(100'000, 'k') << "jump\n";
  const std::string monitor = (directory / "monitor").string();
  machine.extra_arguments.insert(
      machine.extra_arguments.end(),
      {"-chardev", "socket,id=monitor,server=on,wait=off,path=" + monitor, "-mon",
       "chardev=monitor,mode=readline", "-chardev", "socket,id=hands,path=" + monitor, "-serial",
       "chardev:hands", "-netdev", "user,id=net,tftp=" + (directory / "tftp").string(), "-device",
       "virtio-net-pci,netdev=net,romfile="});
}

/// Shell, after kWork: `hardware_ready DIRECTORY` once, `hardware_before` in front of each hibernation, and
/// `hardware_survived`, which says in words what did not. DIRECTORY is the host's, for pictures of the
/// screen.
inline const char* const kHardware = R"sh(
monitor() { echo "$*" >&9; sleep 0.3; }
presses() { awk '{ print $1 }' /sys/firmware/acpi/interrupts/ff_pwr_btn; }
button_works() {
  presses_before=$(presses); monitor system_powerdown
  for i in $(seq 30); do [ "$(presses)" -gt "$presses_before" ] && return 0; sleep 0.1; done; return 1
}
network_works() {
  rm -f /tmp/page; timeout 20 tftp -g -l /tmp/page -r page 10.0.2.2 2>/tmp/tftp.err
  [ "$(tail -c 5 /tmp/page)" = jump ] && [ "$(wc -c </tmp/page)" = 100005 ]
}
# The line discipline of the terminal collects what is typed; nobody has to be fast.
keyboard_works() {
  rm -f /tmp/typed; { timeout 20 head -n 1 </dev/tty1 >/tmp/typed; } & reader=$!
  sleep 0.5; for key in k j u m p ret; do monitor sendkey $key; done; wait $reader
  [ "$(cat /tmp/typed)" = kjump ]
}
config() { for f in /sys/bus/pci/devices/*/config; do echo $f; hexdump -C $f | head -n 4; done; }
when() { dmesg | sed -n "s/^\[ *\([0-9.]*\)\] .*$1.*/\1/p" | tail -n 1; }
milliseconds() { awk '{ print int(1000 * $1) }' /proc/uptime; }
# On an emulator whose host is busy, all of the guest is slow: 1.2 s were seen twice in twenty cycles, at a load of
# 15 on two processors. Then the kernel's own hotplug, now, is the measure. One that does not start costs 10 s.
second_processor_was_fast() {
  [ "$(nproc)" = 1 ] && return
  took=$(echo "$(when 'Enabling non-boot CPUs') $(when 'CPU1 is up')" |
    awk '{ print ($1 > 0 && $2 >= $1 ? int(1000 * ($2 - $1)) : 10000) }')
  [ $took -lt 1000 ] && return
  usual=0
  for i in 1 2 3; do
    echo 0 >/sys/devices/system/cpu/cpu1/online; started=$(milliseconds)
    echo 1 >/sys/devices/system/cpu/cpu1/online; needed=$(($(milliseconds) - started))
    [ $needed -gt $usual ] && usual=$needed
  done
  [ $took -lt 5000 ] && [ $took -lt $((3 * usual)) ]
}
hardware_ready() {
  # The first thing that the monitor hears is its own greeting, echoed: ended, and the answer thrown away.
  pictures=$1; exec 9<>/dev/ttyS1; stty -F /dev/ttyS1 raw -echo; sleep 0.5; monitor; monitor
  ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0
  network_works || { echo "no network before"; return 1; }
  keyboard_works || { echo "no keyboard before: $(cat /tmp/typed)"; return 1; }
}
hardware_before() {
  config >/work/config
  printf '\033c\033[?25lthis was on the screen before\n' >/dev/tty1; sleep 0.3; monitor screendump $pictures/before.ppm
}
hardware_survived() {
  bad=
  monitor screendump $pictures/after.ppm
  config | diff /work/config - || bad="$bad pci"
  second_processor_was_fast || bad="$bad second-processor:$took,usually:$usual"
  network_works || bad="$bad network:$(cat /tmp/tftp.err)"
  keyboard_works || bad="$bad keyboard"
  if [ -n "$has_button" ]; then button_works || bad="$bad button:$(cat /sys/firmware/acpi/interrupts/ff_pwr_btn)"; fi
  echo 'and this is new' >/dev/tty1; sleep 0.3; monitor screendump $pictures/new.ppm
  [ -z "$bad" ] && echo WORKS || echo "BROKEN:$bad"
}
)sh";

/// The last power cycle's pictures: Linux's console was put back as it was, and goes on.
inline void expect_screen_survived(const std::filesystem::path& directory) {
  const auto picture = [&](const char* name) { return targets::read_log(directory / name); };
  const std::string before = picture("before.ppm");
  EXPECT_GT(before.size(), 100'000U) << "the test's own: no picture";
  EXPECT_TRUE(before == picture("after.ppm")) << "the screen differs after the restore";
  EXPECT_FALSE(before == picture("new.ppm")) << "nothing new appears on the screen";
}

}  // namespace kjump::tests
