// SPDX-License-Identifier: MIT
// Rule: on every kind of machine a Linux goes on after each of three power cycles in a row: its processes and
// clocks, files in memory and on a mounted file system, processors, PCI devices, network, keyboard, screen
// and power button. Every two properties of a machine occur together in some shape.
#include <unistd.h>

#include <gmock/gmock.h>

#include <set>

#include "hibernate/hardware.hpp"

namespace kjump::tests {
namespace {

constexpr int kTimes = 3;

constexpr DiskBus kVirtio = DiskBus::kVirtio;
constexpr DiskBus kNvme = DiskBus::kNvme;
constexpr DiskBus kAhci = DiskBus::kAhci;
constexpr DiskBus kIde = DiskBus::kIde;

const Shape kKexecShapes[] = {
    {"6.12", "kexec", kVirtio, "pc", 1, 256},   {"6.1", "kexec", kVirtio, "q35", 2, 1024},
    {"6.12", "kexec", kVirtio, "q35", 2, 6144}, {"6.1", "kexec", kNvme, "q35", 2, 256},
    {"6.12", "kexec", kNvme, "pc", 1, 1024},    {"6.1", "kexec", kNvme, "pc", 1, 6144},
    {"6.12", "kexec", kAhci, "pc", 2, 256},     {"6.1", "kexec", kAhci, "q35", 2, 1024},
    {"6.12", "kexec", kAhci, "q35", 1, 6144},   {"6.1", "kexec", kIde, "pc", 1, 256},
    {"6.12", "kexec", kIde, "pc", 1, 1024},     {"6.1", "kexec", kIde, "pc", 2, 6144},
};

const Shape kWakeShapes[] = {
    {"debian", "wake", kVirtio, "q35", 1, 1024},    {"debian", "wake", kNvme, "pc", 2, 256},
    {"debian", "wake", kAhci, "q35", 2, 6144},      {"debian-6.12", "wake", kVirtio, "pc", 2, 6144},
    {"debian-6.12", "wake", kNvme, "q35", 1, 1024}, {"debian-6.12", "wake", kAhci, "pc", 1, 256},
};

// What a shape is, one word for each property.
std::vector<std::string> words_of(const Shape& shape) {
  return {shape.kernel, partition_of(shape.bus) + (shape.bus == kIde ? " ide" : ""), shape.machine,
          std::to_string(shape.cpus), std::to_string(shape.memory_mib)};
}

template <std::size_t kCount>
std::set<std::string> missing_pairs(const Shape (&shapes)[kCount]) {
  std::set<std::string> seen;
  std::vector<std::set<std::string>> values(words_of(shapes[0]).size());
  for (const Shape& shape : shapes) {
    const auto words = words_of(shape);
    for (std::size_t i = 0; i < words.size(); ++i) {
      values[i].insert(words[i]);
      for (std::size_t j = 0; j < i; ++j) {
        seen.insert(words[j] + " with " + words[i]);
      }
    }
  }
  std::set<std::string> missing;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      for (const std::string& one : values[j]) {
        for (const std::string& other : values[i]) {
          const bool memory = i + 1 == values.size();
          if (!seen.contains(one + " with " + other)) {
            missing.insert(one + " with " + (memory ? "memory" : other));
          }
        }
      }
    }
  }
  return missing;
}

// No virtual machine in it: it is about the lists.
TEST(HibernateMatrix, EveryTwoPropertiesOccurTogether) {
  EXPECT_THAT(missing_pairs(kKexecShapes), testing::ElementsAre("/dev/sda1 ide with q35"))
      << "a q35 machine has no IDE controller";
  // All but some sizes of memory with some disks and machines: six shapes have no room for them.
  for (const std::string& pair : missing_pairs(kWakeShapes)) {
    EXPECT_THAT(pair, testing::EndsWith("with memory"));
  }
}

class NightlyHibernateMatrix : public testing::TestWithParam<Shape> {};

std::string matrix_script(const Cycle& cycle, const Shape& shape, int times) {
  // An alarm that is far off, since a machine with a busy host may need long until it is asleep.
  const std::string alarm = std::string(shape.door) == "wake" ? " --alarm 10" : "";
  return std::string(kWork) + kHardware + "store=" + cycle.store() + "; door='" + cycle.door() + alarm +
         "'; data=" + second_disk_of(shape.bus) + "; times=" + std::to_string(times) +
         "; pictures=" + cycle.disk().path().parent_path().string() + "\n" + R"sh(
# SATA disks are looked for side by side: either may be the first.
for i in $(seq 50); do [ -b $data ] && [ -b ${store%1} ] && break; sleep 0.2; done
[ -b $store ] || { other=$data; data=${store%1}; store=${other}1; }
mkdir -p /data && mount -t ext4 $data /data || exit 4
head -c 3000000 /dev/urandom >/data/file; md5sum /data/file >/data/md5
(while :; do date >>/data/log; sleep 0.3; done) & writer=$!
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
grep -q enabled /sys/firmware/acpi/interrupts/ff_pwr_btn && has_button=yes && echo "== button"
hardware_ready $pictures || exit 6
for i in $(seq $times); do
  hardware_before; remember
  kjump hibernate --to $store $door >/work/report 2>&1 || { cat /work/report; exit 5; }
  echo "== survived$i"; survived; hardware_survived
  echo 3 >/proc/sys/vm/drop_caches; md5sum -c -s /data/md5 && echo "file as before"
  lines=$(wc -l </data/log); sleep 1; [ "$(wc -l </data/log)" -gt $lines ] && echo "still writing"
done
kill $writer; wait $writer; umount /data && echo "== unmounted"
)sh";
}

void survive(const Shape& shape, int times) {
  Cycle cycle(shape);
  const auto directory = cycle.disk().path().parent_path();
  const std::string data = (directory / "data.img").string();
  const std::string make = "truncate -s 64M '" + data + "' && /sbin/mkfs.ext4 -q -F '" + data + "'";
  ASSERT_EQ(std::system(make.c_str()), 0) << make;
  MachineOptions& machine = cycle.guest().options.machine;
  machine.disks.push_back(Disk{data, shape.bus, false});
  add_hardware(machine, directory);
  const JobResult result = cycle.run(matrix_script(cycle, shape, times), {}, times);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (int i = 1; i <= times; ++i) {
    EXPECT_EQ(section(result.out, "survived" + std::to_string(i)),
              "SURVIVED\nWORKS\nfile as before\nstill writing\n")
        << result.err;
  }
  EXPECT_THAT(result.out, testing::HasSubstr("== unmounted"));
  // Debian's kernel for clouds has no driver for buttons among the modules that a guest gets.
  EXPECT_EQ(result.out.find("== button") != std::string::npos, std::string(shape.kernel) != "debian-6.12");
  expect_screen_survived(directory);
  const std::string check = "/sbin/e2fsck -fn '" + data + "' >/dev/null 2>&1";
  EXPECT_EQ(std::system(check.c_str()), 0) << "e2fsck finds something";
}

TEST_P(NightlyHibernateMatrix, SurvivesThreePowerCycles) {
  survive(GetParam(), kTimes);
}

std::string name_of_shape(const testing::TestParamInfo<Shape>& info) {
  return shape_name(info.param);
}

INSTANTIATE_TEST_SUITE_P(NightlyKexec, NightlyHibernateMatrix, testing::ValuesIn(kKexecShapes),
                         name_of_shape);
INSTANTIATE_TEST_SUITE_P(NightlyWake, NightlyHibernateMatrix, testing::ValuesIn(kWakeShapes), name_of_shape);

// The one of every day.
TEST(HibernateWork, SurvivesTwoPowerCycles) {
  survive(Shape{}, 2);
}

TEST(NightlyHibernate, TwentyPowerCyclesInARow) {
  survive(Shape{}, 20);
}

}  // namespace
}  // namespace kjump::tests
