// SPDX-License-Identifier: MIT
// Rule: on kernels as Debian ships them, with one processor and two, on both chip sets, with memory below and
// above 4 GiB, every round trip through the wake door runs the payload once and gives the BIOS's exact
// answer; Linux is healthy afterwards.
//
// As many plain suspends follow in the same guest, without anything of ours, because QEMU and SeaBIOS lose
// some by themselves: one that is lost there is printed, not held against us. KJUMP_WAKE_TRIPS=100 makes
// more.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <tuple>

#include "linux/wake.hpp"

namespace kjump::tests {
namespace {

using Shape = std::tuple<const char*, unsigned, const char*, unsigned>;  // kernel, cpus, machine, MiB

constexpr int kEverydayTrips = 2;

int trips() {
  const char* text = std::getenv("KJUMP_WAKE_TRIPS");
  return text == nullptr ? kEverydayTrips : std::atoi(text);
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
    ++found;
  }
  return found;
}

std::string name_of(const Shape& shape) {
  const auto& [kernel, cpus, machine, memory_mib] = shape;
  static const std::map<std::string, std::string> kNames = {
      {"debian", "v6_1"}, {"debian-6.12", "v6_12_cloud"}, {"debian-i386", "v6_1_i386"}};
  return kNames.at(kernel) + "_smp" + std::to_string(cpus) + "_" + machine + "_" +
         std::to_string(memory_mib) + "MiB";
}

// The marks go to the console, which is there even when the guest is lost.
constexpr const char* kScript = R"sh(
mark() { echo "wake-matrix: $1" >/dev/kmsg; }
checksum() { echo 3 >/proc/sys/vm/drop_caches; md5sum </dev/vda; }
checksum >/tmp/disk.md5
health before
code >/tmp/code
mark jumps
kjump run /job/hello_real.kjump --door wake --jumps $trips --json >/tmp/report; status=$?
mark jumped
echo "== report"; cat /tmp/report
echo "== health"; health after
checksum | cmp - /tmp/disk.md5 && code | cmp - /tmp/code && echo "disk and wake-up code as before"
mark plain
bad=0
for i in $(seq $trips); do awake 2 || bad=$((bad + 1)); done
mark end
echo "== plain"; echo $bad; health after
exit $status
)sh";

class WakeMatrix : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    const std::string name = "kjump-wake-" + name_of(GetParam()) + "-" + std::to_string(getpid());
    artifacts_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directories(artifacts_);
    disk_ = artifacts_ / "disk.img";
    ASSERT_EQ(std::system(("head -c 4194304 /dev/urandom >'" + disk_.string() + "'").c_str()), 0);
  }
  void TearDown() override {
    if (!HasFailure() && !keep_) {
      std::filesystem::remove_all(artifacts_);
    }
  }

  [[nodiscard]] Guest guest() const {
    const auto& [kernel, cpus, machine, memory_mib] = GetParam();
    Guest guest(kernel);
    guest.options.machine.cpus = cpus;
    guest.options.machine.machine = machine;
    guest.options.machine.memory_mib = memory_mib;
    guest.options.machine.artifacts = artifacts_;
    guest.options.machine.extra_arguments = {"-nodefaults", "-vga", "std"};
    guest.options.machine.disks = {Disk{.path = disk_, .bus = DiskBus::kVirtio, .read_only = true}};
    guest.job.limit = std::chrono::seconds(90 + 12 * trips());
    guest.with_image("hello_real");
    guest.job.script = "trips=" + std::to_string(trips()) + "\n" + kHealth + kWake + kScript;
    return guest;
  }

  // Says how far the guest came.
  void account_for(const Error& error) {
    keep_ = true;
    std::string log;
    for (const auto& entry : std::filesystem::directory_iterator(artifacts_)) {
      log += entry.path().extension() == ".log" ? content_of(entry.path()) : "";
    }
    const auto begin = log.find("wake-matrix: jumps");
    const auto plain = log.find("wake-matrix: plain");
    if (begin == std::string::npos || plain == std::string::npos) {
      const int entered = begin == std::string::npos ? 0 : count(log.substr(begin), "PM: suspend entry");
      ADD_FAILURE() << "lost in jump " << entered << " of " << trips() << ": " << error.text();
      return;
    }
    std::cout << name_of(GetParam()) << ": " << trips() << " jumps, none lost; plain suspend "
              << count(log.substr(plain), "PM: suspend entry") << " of " << trips()
              << " was lost: " << error.text() << "\n";
  }

 private:
  std::filesystem::path artifacts_;
  std::filesystem::path disk_;
  bool keep_ = false;
};

TEST_P(WakeMatrix, EveryTripAnswersExactly) {
  const Guest shape = guest();
  const auto result = LinuxVm(shape.options).run(shape.job);
  if (!result) {
    account_for(result.error());
    return;
  }
  ASSERT_EQ(result->exit_code, 0) << result->err << result->out;
  const auto report = json_section(result->out, "report");
  EXPECT_EQ(report["door"], "wake");
  ASSERT_EQ(report["jumps"].size(), static_cast<std::size_t>(trips()));
  for (const auto& jump : report["jumps"]) {
    EXPECT_TRUE(hello_returned(jump));
  }
  EXPECT_EQ(section(result->out, "health"), "HEALTHY\ndisk and wake-up code as before\n");
  EXPECT_EQ(section(result->out, "plain"), "0\nHEALTHY\n") << "refused suspends; health";
  if (!HasFailure()) {
    std::cout << name_of(GetParam()) << ": " << trips() << " jumps, " << trips()
              << " plain suspends, none lost\n";
  }
}

INSTANTIATE_TEST_SUITE_P(Debian, WakeMatrix,
                         testing::Combine(testing::Values("debian", "debian-6.12"), testing::Values(1U, 2U),
                                          testing::Values("pc", "q35"), testing::Values(256U, 6144U)),
                         [](const testing::TestParamInfo<Shape>& shape) { return name_of(shape.param); });
INSTANTIATE_TEST_SUITE_P(DebianI386, WakeMatrix,
                         testing::Combine(testing::Values("debian-i386"), testing::Values(1U, 2U),
                                          testing::Values("pc", "q35"), testing::Values(256U)),
                         [](const testing::TestParamInfo<Shape>& shape) { return name_of(shape.param); });

}  // namespace
}  // namespace kjump::tests
