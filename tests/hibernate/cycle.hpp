// SPDX-License-Identifier: MIT
/// A guest with work going on, a store on its disk, and its way through a power cycle.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "linux/guest.hpp"
#include "linux/power_cycle.hpp"

namespace kjump::tests {

struct Shape {
  const char* kernel = "6.12";
  const char* door = "kexec";
  DiskBus bus = DiskBus::kVirtio;
  const char* machine = "pc";
  unsigned cpus = 2;
  unsigned memory_mib = 256;
};

inline std::string partition_of(DiskBus bus) {
  return bus == DiskBus::kVirtio ? "/dev/vda1" : bus == DiskBus::kNvme ? "/dev/nvme0n1p1" : "/dev/sda1";
}

/// A disk without partitions, behind the store's on the same kind of controller.
inline std::string second_disk_of(DiskBus bus) {
  return bus == DiskBus::kVirtio ? "/dev/vdb" : bus == DiskBus::kNvme ? "/dev/nvme1n1" : "/dev/sdb";
}

/// As gtest wants names.
inline std::string shape_name(const Shape& shape) {
  const char* const disk = shape.bus == DiskBus::kVirtio ? "virtio"
                           : shape.bus == DiskBus::kNvme ? "nvme"
                           : shape.bus == DiskBus::kAhci ? "ahci"
                                                         : "ide";
  std::string name = std::string(shape.kernel) + "_" + shape.door + "_" + shape.machine + "_" + disk + "_" +
                     std::to_string(shape.cpus) + "_" + std::to_string(shape.memory_mib);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

/// Shell: work that must survive, and `survived` that says in words what did not.
inline const char* const kWork = R"sh(
mkdir -p /work && mount -t tmpfs -o size=80% none /work
head -c 20000000 /dev/urandom >/work/file; md5sum /work/file >/work/md5
(i=0; while :; do i=$((i + 1)); echo $i >/work/count.new && mv /work/count.new /work/count; sleep 0.2; done) &
counter=$!
remember() {
  count_before=$(cat /work/count); uptime_before=$(cut -d. -f1 /proc/uptime)
  online_before=$(cat /sys/devices/system/cpu/online); interrupts_before=$(grep ^intr /proc/stat | cut -d' ' -f2)
}
survived() {
  bad=
  md5sum -c -s /work/md5 || bad="$bad tmpfs"
  kill -0 $counter || bad="$bad process-gone"
  sleep 1.5; [ "$(cat /work/count)" -gt $((count_before + 2)) ] || bad="$bad counter-stands"
  [ "$(cut -d. -f1 /proc/uptime)" -ge "$uptime_before" ] || bad="$bad uptime-went-back"
  [ "$(cat /sys/devices/system/cpu/online)" = "$online_before" ] || bad="$bad cpus:$(cat /sys/devices/system/cpu/online)"
  [ "$(grep ^intr /proc/stat | cut -d' ' -f2)" -gt "$interrupts_before" ] || bad="$bad interrupts"
  off=$(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch))); [ $off -ge -3 ] && [ $off -le 3 ] || bad="$bad clock:$off"
  dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|rcu:.*stall|general protection' >/tmp/complaints &&
    bad="$bad kernel:$(head -n1 /tmp/complaints)"
  [ -z "$bad" ] && echo SURVIVED || echo "LOST:$bad"
}
)sh";

/// A job that is switched off under, and started again from its disk's own boot sector.
class Cycle {
 public:
  explicit Cycle(const Shape& shape, std::uint64_t disk_mib = 512)
      : shape_(shape), disk_(disk_mib), guest_(shape.kernel) {
    guest_.options.machine.cpus = shape.cpus;
    guest_.options.machine.memory_mib = shape.memory_mib;
    guest_.options.machine.machine = shape.machine;
    guest_.options.machine.disks = {Disk{disk_.path(), shape.bus, false}};
    guest_.job.limit = std::chrono::seconds(400);
  }

  [[nodiscard]] Guest& guest() { return guest_; }
  [[nodiscard]] const LinuxVmOptions& options() const { return guest_.options; }
  [[nodiscard]] const StoreDisk& disk() const { return disk_; }
  [[nodiscard]] std::string store() const { return partition_of(shape_.bus); }
  [[nodiscard]] std::string door() const { return std::string("--door ") + shape_.door; }

  /// Runs the script until the machine is off `times` times, each time switched on again.
  JobResult run(const std::string& script, const PowerOn& how = {}, int times = 1) {
    guest_.job.script = script;
    const LinuxVm machine(guest_.options);
    auto off = machine.run_until_power_off(guest_.job);
    for (int i = 1; off && i < times; ++i) {
      off = machine.resume_until_power_off(*off, how);
    }
    if (!off) {
      return lost(off.error());
    }
    Result<JobResult> result = machine.resume(*off, how);
    return result ? *std::move(result) : lost(result.error());
  }

  /// Switched off, and what then becomes of the disk is the test's.
  [[nodiscard]] std::optional<SuspendedJob> save_only(const std::string& script) {
    guest_.job.script = script;
    auto off = LinuxVm(guest_.options).run_until_power_off(guest_.job);
    EXPECT_TRUE(off) << off.error().text();
    return off ? std::optional(*std::move(off)) : std::nullopt;
  }

 private:
  static JobResult lost(const Error& error) {
    ADD_FAILURE() << error.text();
    return JobResult{.exit_code = -1, .out = {}, .err = {}, .files = {}, .console = {}};
  }

  Shape shape_;
  StoreDisk disk_;
  Guest guest_;
};

/// Started from its disk, the machine says `why` it does not go on from the image; after the reset that
/// follows it boots as it did before kjump, and at the next start it asks again.
inline void expect_refusal(const MachineOptions& machine, const std::string& why) {
  for (int i = 0; i < 2; ++i) {
    const BareRun refused = run_firmware(machine);
    EXPECT_NE(refused.screen.find(why), std::string::npos) << refused.screen;
    EXPECT_EQ(refused.debug.find("marker, drive 80"), std::string::npos) << refused.screen;
    const BareRun next = run_firmware(machine);
    EXPECT_EQ(next.screen.find("not restored"), std::string::npos) << next.screen;
    EXPECT_NE(next.debug.find("marker, drive 80"), std::string::npos) << next.screen;
  }
}

}  // namespace kjump::tests
