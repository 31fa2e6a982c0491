// SPDX-License-Identifier: MIT
/// A guest in whose Linux a second Linux is started, and what both look after at every change between them.
///
/// A has a file in memory, an ext4 on the first disk, a counting process and the network; B has the same with
/// the second disk. The third disk is a letter box: B writes there what it has found, before it goes back.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "linux/guest.hpp"

namespace kjump::tests {

struct PairShape {
  const char* first = "6.12";
  const char* second = "6.12";
  const char* machine = "pc";
  DiskBus bus = DiskBus::kVirtio;
  const char* cpu = "max";
  unsigned memory_mib = 512;
  const char* append = "";         ///< to A's command line
  const char* second_append = "";  ///< to B's
  unsigned dump_mib = 0;           ///< a fourth disk with an ext4 that is mounted nowhere; 0: none
  bool bare = false;               ///< no disks, no network: what i386 test kernels have
  const char* second_visit = "";  ///< shell, the body of a function of B's: what it says goes into its letter
};

/// Three disks or four in a directory of their own; all but the third hold an ext4 each.
class PairDisks {
 public:
  explicit PairDisks(unsigned dump_mib) {
    std::string pattern = (std::filesystem::temp_directory_path() / "kjump-pair-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    constexpr unsigned kMib = 48;
    make("a", kMib, true);
    make("b", kMib, true);
    make("letters", kMib, false);
    if (dump_mib != 0) {
      make("dump", dump_mib, true);
    }
  }
  ~PairDisks() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  PairDisks(const PairDisks&) = delete;
  PairDisks& operator=(const PairDisks&) = delete;
  PairDisks(PairDisks&&) = delete;
  PairDisks& operator=(PairDisks&&) = delete;

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return directory_ / (name + ".img");
  }
  /// A file on the fourth disk, copied out to beside the disks.
  [[nodiscard]] std::filesystem::path dumped(const std::string& name) const {
    const std::filesystem::path to = directory_ / name;
    const std::string copy =
        "/sbin/debugfs -R 'dump /" + name + " " + to.string() + "' '" + path("dump").string() + "' 2>&1";
    EXPECT_EQ(std::system(copy.c_str()), 0) << copy;
    return to;
  }

  /// e2fsck finds nothing on either.
  void expect_clean() const {
    for (const char* name : {"a", "b"}) {
      const std::string check = "/sbin/e2fsck -fn '" + path(name).string() + "' >/dev/null 2>&1";
      EXPECT_EQ(std::system(check.c_str()), 0) << "e2fsck finds something on the disk of " << name;
    }
  }

 private:
  void make(const std::string& name, unsigned mib, bool formatted) {
    const std::string path = this->path(name).string();
    const std::string command = "truncate -s " + std::to_string(mib) + "M '" + path + "'" +
                                (formatted ? " && /sbin/mkfs.ext4 -q -F '" + path + "'" : "");
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    names_.push_back(name);
  }

  std::filesystem::path directory_;
  std::vector<std::string> names_;
};

/// Shell for both kernels: `care DISK` sets up what is to survive, `cared` says OK or what did not. Without a
/// disk there is no network either.
inline const char* const kCare = R"sh(
care() {
  disk=$1
  mkdir -p /work /data && mount -t tmpfs -o size=60% none /work || return 1
  head -c 12000000 /dev/urandom >/work/file; md5sum /work/file >/work/md5
  if [ -n "$disk" ]; then
    mount -t ext4 $disk /data || return 1
    head -c 3000000 /dev/urandom >/data/file; md5sum /data/file >/work/data.md5; echo 0 >/data/log
    ifconfig lo up; ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
  fi
  (i=0; while :; do i=$((i + 1)); echo $i >/work/count.new && mv /work/count.new /work/count; sleep 0.1; done) &
  counter=$!
  online=$(cat /sys/devices/system/cpu/online); uptime=0
  dmesg -c >/dev/null  # a machine that is starved while it boots complains of stalls that are none of ours
}
cared() {
  bad=
  md5sum -c -s /work/md5 || bad="$bad memory"
  before=$(cat /work/count)
  if [ -n "$disk" ]; then
    sync; echo 3 >/proc/sys/vm/drop_caches; md5sum -c -s /work/data.md5 || bad="$bad disk"
    echo $1 >>/data/log && sync || bad="$bad disk-write"
    ping -c 1 -W 3 10.0.2.2 >/dev/null || ping -c 2 -W 3 10.0.2.2 >/dev/null || bad="$bad network"
  fi
  kill -0 $counter || bad="$bad process-gone"
  i=0; while [ "$(cat /work/count)" = "$before" ] && [ $i -lt 50 ]; do i=$((i + 1)); sleep 0.1; done
  [ $i -lt 50 ] || bad="$bad counter-stands"
  [ "$(cat /sys/devices/system/cpu/online)" = "$online" ] || bad="$bad cpus"
  now=$(cut -d. -f1 /proc/uptime); [ "$now" -ge "$uptime" ] || bad="$bad uptime"; uptime=$now
  dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|rcu:.*stall|general protection|EXT4-fs error|I/O error' >/tmp/complaints &&
    bad="$bad kernel:$(head -n1 /tmp/complaints)"
  [ -z "$bad" ] && echo OK || echo "LOST:$bad"
}
)sh";

/// Disks 0 to 3 by the names that Linux gives them.
inline std::string disk_device(DiskBus bus, int number) {
  const std::string index = std::to_string(number);
  const std::string letter(1, static_cast<char>('a' + number));
  return bus == DiskBus::kVirtio ? "/dev/vd" + letter
         : bus == DiskBus::kNvme ? "/dev/nvme" + index + "n1"
                                 : "/dev/sd" + letter;
}

class Pair {
 public:
  explicit Pair(const PairShape& shape) : shape_(shape), disks_(shape.dump_mib), guest_(shape.first) {
    MachineOptions& machine = guest_.options.machine;
    machine.cpus = 2;
    machine.memory_mib = shape.memory_mib;
    machine.machine = shape.machine;
    machine.cpu_model = shape.cpu;
    if (shape.bare) {
      machine.extra_arguments = {"-nodefaults", "-vga", "std"};
    } else {
      for (const std::string& name : disks_.names()) {
        machine.disks.push_back(Disk{disks_.path(name), shape.bus, false});
      }
      machine.extra_arguments = {"-nic", "user,model=virtio-net-pci"};
    }
    guest_.options.extra_command_line = shape.append;
    guest_.job.limit = std::chrono::seconds(560);
    auto kernel = find_kernel(shape.second);
    EXPECT_TRUE(kernel) << kernel.error().text();
    guest_.with_file(kernel.value_or(""), "/k/bzImage");
    add_text("/b/init", std::string(kSecondInit) + kCare + "care " + device(1) + "\nletters=" + device(2) +
                            "\nvisit() {\n:\n" + shape.second_visit + "\n}\n" + kSecondLoop);
  }

  Guest& guest() { return guest_; }
  [[nodiscard]] const PairDisks& disks() const { return disks_; }
  [[nodiscard]] std::string device(int number) const {
    return shape_.bare ? "" : disk_device(shape_.bus, number);
  }

  /// A's script: functions, the second kernel's initial RAM disk at /k/initrd, its command line in $append.
  [[nodiscard]] std::string prologue() const { return second_prologue() + work(); }
  [[nodiscard]] std::string work() const { return kCare + ("care " + device(0)) + " || exit 8\n"; }
  /// The same for a first kernel that has no work and leaves A's disk alone.
  [[nodiscard]] std::string second_prologue() const {
    return std::string(R"sh(
cd /b && mkdir -p bin dev && cp /bin/busybox /bin/kjump bin/ && chmod +x init &&
  find . | cpio -o -H newc >/k/initrd 2>/dev/null && cd / || exit 9
letter() { [ -n "$letters" ] || return; blockdev --flushbufs $letters; echo 3 >/proc/sys/vm/drop_caches; dd if=$letters bs=512 count=1 2>/dev/null | tr -d '\0'; }
)sh") +
           "letters=" + device(2) +
           "; append='console=ttyS0 no_console_suspend panic=-1 loglevel=7 no_timer_check rdinit=/init " +
           shape_.second_append + "'\n";
  }

  JobResult run(const std::string& script) { return guest_.run(prologue() + script); }

 private:
  void add_text(const std::string& path, const std::string& text) {
    GuestFile file{path, {}, true};
    const auto bytes = std::as_bytes(std::span(text));
    file.content.assign(bytes.begin(), bytes.end());
    guest_.job.files.push_back(std::move(file));
  }

  static constexpr const char* kSecondInit = R"sh(#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /sbin
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
)sh";
  static constexpr const char* kSecondLoop = R"sh(
n=0
while :; do
  n=$((n + 1))
  status=$(kjump kernel status)
  echo "visit $n: $(cared $n); $(echo $status | grep -c 'this is the second kernel'); $(uname -r); $(visit $n)" >/tmp/letter
  echo "B: $(cat /tmp/letter)"
  [ -z "$letters" ] || {
    dd if=/dev/zero of=$letters bs=512 count=1 2>/dev/null; dd if=/tmp/letter of=$letters bs=512 conv=notrunc,sync 2>/dev/null; sync
  }
  kjump kernel back || { echo "B: cannot go back"; sleep 5; }
done
)sh";

  PairShape shape_;
  PairDisks disks_;
  Guest guest_;
};

}  // namespace kjump::tests
