// SPDX-License-Identifier: MIT
// Rule: a BIOS call that would hang on this machine is refused before the jump, with the device that Linux
// has taken over and the way to insist; the same call is made where it is safe, and Linux is sound
// afterwards.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

/// A disk that is on one bus or another, and goes with the test.
class UnsafeCalls : public testing::Test {
 protected:
  UnsafeCalls()
      : disk_(std::filesystem::temp_directory_path() /
              ("kjump-unsafe-" + std::to_string(getpid()) + ".img")) {
    const UniqueFile file(disk_);
  }
  ~UnsafeCalls() override { std::filesystem::remove(disk_); }
  UnsafeCalls(const UnsafeCalls&) = delete;
  UnsafeCalls& operator=(const UnsafeCalls&) = delete;
  UnsafeCalls(UnsafeCalls&&) = delete;
  UnsafeCalls& operator=(UnsafeCalls&&) = delete;

  [[nodiscard]] Guest guest_with(DiskBus bus) const {
    Guest guest;
    guest.options.machine.disks = {Disk{.path = disk_, .bus = bus, .read_only = false}};
    return guest;
  }

 private:
  struct UniqueFile {
    explicit UniqueFile(const std::filesystem::path& path) {
      std::ofstream(path) << "a disk";
      std::filesystem::resize_file(path, 8U << 20);
    }
  };
  std::filesystem::path disk_;
};

// `refused NAME COMMAND...`: a section with its only message, what it printed, whether Linux was frozen.
constexpr const char* kFunctions = R"sh(
frozen() { dmesg | grep -c 'Freezing user space'; }
refused() {
  echo "== $1"; shift
  before=$(frozen)
  "$@" >/tmp/out 2>/tmp/err && echo "not refused"
  cat /tmp/err; [ ! -s /tmp/out ] || echo "it printed"
  [ "$(frozen)" = "$before" ] || echo "it jumped"
}
)sh";

constexpr const char* kDiskCalls = R"sh(
health before
echo "== disks"; kjump bios disks 2>&1 || exit 1
refused read-sector kjump bios read-sector --drive 0x80 --lba 0
refused call kjump bios call 0x13 ax=0x0201 cx=1 dx=0x80 --buffer es:bx=512
printf 'int 0x12\nint 0x13 ax=0x4200 dx=0x80\n' >/tmp/calls
refused script kjump bios call --script /tmp/calls
refused run kjump run /job/hello_real.kjump --calls 0x13:0x4200
echo "== allowed"
kjump bios call 0x13 ax=0x4100 bx=0x55AA dx=0x80 >/dev/null 2>/tmp/err || exit 1
kjump run /job/hello_real.kjump --calls 0x12 >/dev/null 2>>/tmp/err || exit 1
cat /tmp/err
echo "== health"; health after
)sh";

void expect_refused(const std::string& out, const std::string& name, const std::string& reason) {
  const auto messages = lines(section(out, name));
  ASSERT_EQ(messages.size(), 1U) << section(out, name);
  EXPECT_EQ(messages[0].rfind("kjump: INT 13h", 0), 0U) << messages[0];
  for (const std::string& part : {std::string("unsafe after Linux"), reason, std::string("--unsafe")}) {
    EXPECT_NE(messages[0].find(part), std::string::npos) << messages[0];
  }
}

struct Bus {
  const char* name;
  DiskBus bus;
  const char* reason;
};

class UnsafeDisk : public UnsafeCalls, public testing::WithParamInterface<Bus> {};

TEST_P(UnsafeDisk, IsListedButNotRead) {
  Guest guest = guest_with(GetParam().bus);
  guest.with_image("hello_real");
  const JobResult result = guest.run(std::string(kHealth) + kFunctions + kDiskCalls);
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_NE(section(result.out, "disks").find("1 drive in the BIOS data area\n0x80  16384 sectors"),
            std::string::npos)
      << section(result.out, "disks");
  for (const char* name : {"read-sector", "call", "script", "run"}) {
    expect_refused(result.out, name, GetParam().reason);
  }
  EXPECT_EQ(section(result.out, "allowed"), "");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

INSTANTIATE_TEST_SUITE_P(Buses, UnsafeDisk,
                         testing::Values(Bus{"ahci", DiskBus::kAhci, "driver ahci"},
                                         Bus{"virtio", DiskBus::kVirtio, "driver virtio-pci"},
                                         Bus{"nvme", DiskBus::kNvme, "driver nvme"}),
                         [](const testing::TestParamInfo<Bus>& bus) { return std::string(bus.param.name); });

// On NVMe SeaBIOS gives up after a while: the one controller on which insisting does not cost the machine.
TEST_F(UnsafeCalls, WhoeverInsistsIsTakenAtTheirWord) {
  const JobResult result = guest_with(DiskBus::kNvme).run(std::string(kHealth) + R"sh(
health before
echo "== forced"; kjump bios read-sector --drive 0x80 --lba 0 --unsafe >/dev/null 2>/tmp/err; echo $?
echo "== err"; cat /tmp/err
echo "== health"; health after
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "forced"), "1\n");
  const auto messages = lines(section(result.out, "err"));
  ASSERT_EQ(messages.size(), 2U) << section(result.out, "err");
  EXPECT_EQ(messages[0].rfind("kjump: note: INT 13h AX=4200h is unsafe after Linux", 0), 0U) << messages[0];
  EXPECT_NE(messages[1].find("the firmware cannot read"), std::string::npos) << messages[1];
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

TEST_F(UnsafeCalls, IdeIsReadWithoutAWord) {
  const JobResult result = guest_with(DiskBus::kIde).run(R"sh(
echo "== sector"; kjump bios read-sector --drive 0x80 --lba 0 2>&1 | head -n 1
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_NE(section(result.out, "sector").find("|a disk.........."), std::string::npos) << result.out;
}

TEST_F(UnsafeCalls, AControllerThatNobodyDrivesIsAsFirmwareLeftIt) {
  Guest guest = guest_with(DiskBus::kAhci);
  guest.options.extra_command_line = "initcall_blacklist=ahci_pci_driver_init";
  const JobResult result = guest.run(R"sh(
echo "== sector"; kjump bios read-sector --drive 0x80 --lba 0 --door kexec 2>&1 | head -n 1
echo "== wake"; kjump bios read-sector --drive 0x80 --lba 0 --door wake 2>&1
)sh");
  EXPECT_NE(section(result.out, "sector").find("|a disk.........."), std::string::npos) << result.out;
  const std::string woken = section(result.out, "wake");
  EXPECT_NE(woken.find("firmware that has just woken the machine"), std::string::npos) << woken;
  EXPECT_NE(woken.find("class 0x010601)"), std::string::npos) << woken;
}

// virtio-vga is a VGA card that Linux's virtio-pci has taken over, whether or not anybody draws on it.
TEST(UnsafeDisplay, IsNotAsked) {
  Guest guest;
  guest.options.machine.extra_arguments = {"-vga", "none", "-device", "virtio-vga"};
  const JobResult result = guest.run(std::string(kFunctions) + R"sh(
refused video-modes kjump bios video-modes
)sh");
  const std::string message = section(result.out, "video-modes");
  EXPECT_EQ(message.rfind("kjump: INT 10h", 0), 0U) << message;
  EXPECT_NE(message.find("class 0x030000, driver virtio-pci"), std::string::npos) << message;
  EXPECT_EQ(lines(message).size(), 1U) << message;
}

// INT 60h is the user's: SeaBIOS leaves it empty. 0x7000 is memory of nobody's; CFh is IRET.
TEST(UnsafeVectors, AreReportedBeforeTheCall) {
  Guest guest;
  const JobResult result = guest.run(std::string(kFunctions) + R"sh(
refused empty kjump bios call 0x60 --unsafe
devmem 0x7000 8 0xCF; devmem 0x180 32 0x7000
echo "== note"; kjump bios call 0x60 2>&1 >/dev/null || exit 1
)sh");
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  EXPECT_EQ(section(result.out, "empty").rfind("kjump: nobody serves INT 60h AX=0000h", 0), 0U) << result.out;
  EXPECT_EQ(section(result.out, "note").rfind("kjump: note: the vector of INT 60h leads to 0000:7000", 0), 0U)
      << result.out;
}

}  // namespace
}  // namespace kjump::tests
