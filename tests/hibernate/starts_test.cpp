// SPDX-License-Identifier: MIT
// Rule: whatever starts the restore payload, the saved Linux goes on: a Multiboot loader, GRUB with the menu
// entry that kjump prints, or the disk's boot sector where the images lie in a file of a mounted file system.
#include <unistd.h>

#include <gmock/gmock.h>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
constexpr const char* kProgram = "/boot/kjump-restore.bin";

void make_zeros(const std::filesystem::path& path, std::uint64_t bytes) {
  std::ofstream(path, std::ios::binary).close();
  std::filesystem::resize_file(path, bytes);
}

void run_or_fail(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

// The saved Linux hands out what would start it on two disks of their own.
class Starts : public testing::Test {
 protected:
  Starts() : directory_(cycle_.disk().path().parent_path()) {
    std::vector<Disk>& disks = cycle_.guest().options.machine.disks;
    for (const auto& path : {program(), entry()}) {
      make_zeros(path, 4 * kMib);
      disks.push_back(Disk{path, DiskBus::kVirtio, false});
    }
  }

  void save() {
    off_ = cycle_.save_only(std::string(kWork) + "program=" + kProgram + "; store=" + cycle_.store() + R"sh(
mkdir /boot && kjump hibernate prepare $store >/dev/null || exit 3
kjump hibernate install-boot $store --multiboot $program --grub >/tmp/entry || exit 4
cat $program >/dev/vdb && cat /tmp/entry >/dev/vdc && sync
remember
kjump hibernate --to $store --door kexec || exit 5
echo "== survived"; survived
)sh");
    ASSERT_TRUE(off_);
  }

  void expect_survived(const PowerOn& how) {
    const auto result = LinuxVm(cycle_.guest().options).resume(*off_, how);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->exit_code, 0) << result->out << result->err;
    EXPECT_EQ(section(result->out, "survived"), "SURVIVED\n") << result->err;
  }

  [[nodiscard]] std::filesystem::path program() const { return directory_ / "restore.bin"; }
  [[nodiscard]] std::filesystem::path entry() const { return directory_ / "entry"; }

  Cycle cycle_{Shape{}};
  std::filesystem::path directory_;
  std::optional<SuspendedJob> off_;
};

TEST_F(Starts, AMultibootLoader) {
  ASSERT_NO_FATAL_FAILURE(save());
  const auto copy = directory_ / "copy.bin";  // QEMU has the disk's file locked
  std::filesystem::copy_file(program(), copy);
  PowerOn how;
  how.with = PowerOn::With::kMultiboot;
  how.program = copy;
  expect_survived(how);
}

using NightlyStarts = Starts;

// A CD with GRUB for the BIOS, whose configuration is the entry as printed.
TEST_F(NightlyStarts, Grub) {
  const auto disc = directory_ / "grub.iso";
  // There from the beginning, as PCI devices are compared; the disk, whose boot sector is not ours, comes
  // first.
  make_zeros(disc, kMib);
  std::vector<std::string>& more = cycle_.guest().options.machine.extra_arguments;
  more = {"-drive", "if=none,id=cd,media=cdrom,readonly=on,format=raw,file=" + disc.string(), "-device",
          "ide-cd,drive=cd,bootindex=9"};
  ASSERT_NO_FATAL_FAILURE(save());
  const auto tree = directory_ / "tree";
  std::filesystem::create_directories(tree / "boot" / "grub");
  std::filesystem::copy_file(program(), tree / std::string(kProgram).substr(1));
  std::string menu = targets::read_log(entry());
  menu.resize(menu.find('\0'));
  EXPECT_THAT(menu, testing::HasSubstr("menuentry"));
  std::ofstream(tree / "boot" / "grub" / "grub.cfg") << "set timeout=0\n" << menu;
  run_or_fail("grub-script-check '" + (tree / "boot" / "grub" / "grub.cfg").string() + "'");
  run_or_fail("grub-file --is-x86-multiboot '" + program().string() + "'");
  run_or_fail("grub-mkrescue -d /usr/lib/grub/i386-pc -o '" + disc.string() + "' '" + tree.string() +
              "' >/dev/null 2>&1");
  more.back() = "ide-cd,drive=cd,bootindex=0";
  expect_survived({});
}

// The file's blocks are looked up through ext4, which stays mounted and is written to.
TEST(NightlyStore, AFileOnAMountedFileSystem) {
  Cycle cycle(Shape{}, 640);
  const std::string disk = cycle.disk().path().string();
  constexpr std::uint64_t kStart = StoreDisk::kStart * abi::kBootSectorBytes;
  run_or_fail("/sbin/mkfs.ext4 -q -F -E offset=" + std::to_string(kStart) + " '" + disk + "' 639m");
  const JobResult result = cycle.run(std::string(kWork) + R"sh(
mkdir /data && mount -t ext4 /dev/vda1 /data || exit 4
head -c 30000000 /dev/urandom >/data/file; md5sum /data/file >/data/md5
(while :; do date >>/data/log; sleep 0.3; done) & writer=$!
kjump hibernate prepare /data/images --size 400M || exit 3
kjump hibernate install-boot /data/images || exit 3
kjump hibernate check --to /data/images || exit 6
for i in 1 2; do
  remember
  kjump hibernate --to /data/images --door kexec >/dev/null || exit 5
  echo "== survived$i"; survived
  echo 3 >/proc/sys/vm/drop_caches; md5sum -c -s /data/md5 && echo "file as before"
  lines=$(wc -l </data/log); sleep 1; [ "$(wc -l </data/log)" -gt $lines ] && echo "still writing"
done
kjump hibernate discard /data/images >/dev/null
kill $writer; wait $writer; umount /data && echo "== unmounted"
)sh",
                                     {}, 2);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* const name : {"survived1", "survived2"}) {
    EXPECT_EQ(section(result.out, name), "SURVIVED\nfile as before\nstill writing\n") << result.err;
  }
  EXPECT_THAT(result.out, testing::HasSubstr("== unmounted"));
  run_or_fail("/sbin/e2fsck -fn '" + disk + "?offset=" + std::to_string(kStart) + "' >/dev/null 2>&1");
}

}  // namespace
}  // namespace kjump::tests
