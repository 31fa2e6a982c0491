// SPDX-License-Identifier: MIT
// Rule: a call that would hang or mislead on this machine is refused before the jump with the device, the
// reason and the way to insist; one that is safe here is not held up, and whoever insists is told what may
// happen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/check_calls.hpp"
#include "host/open_session.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr PlannedCall kReadSector{0x13, 0x4200};
constexpr PlannedCall kSetMode{0x10, 0x0003};
constexpr PlannedCall kGetKey{0x16, 0x0000};

class HostCheckCalls : public ::testing::Test {
 protected:
  HostCheckCalls() {
    for (const std::uint32_t vector : {0x12U, 0x16U, 0x19U}) {
      machine.poke_word(vector * 4 + 2, 0xF000);
    }
  }

  void put_pci(const std::string& name, const std::string& class_code, const std::string& driver = {}) {
    const std::string path = "/sys/bus/pci/devices/" + name;
    machine.put(path + "/class", class_code + "\n");
    machine.put(path + "/uevent", (driver.empty() ? "" : "DRIVER=" + driver + "\n") + "PCI_ID=1:2\n");
  }

  void put_usb(const std::string& name, const std::string& code, const std::string& subclass) {
    const std::string path = "/sys/bus/usb/devices/" + name + "/bInterface";
    machine.put(path + "Class", code + "\n");
    machine.put(path + "SubClass", subclass + "\n");
    machine.put(path + "Protocol", "01\n");
  }

  std::string refusal(const PlannedCall& call, CallConditions conditions = {}) {
    const auto notes = check_calls(machine, {call}, conditions);
    return notes ? "" : notes.error().text();
  }

  std::vector<std::string> notes(const PlannedCall& call, CallConditions conditions = {}) {
    return check_calls(machine, {call, call}, conditions).value();
  }

  test::FakeMachine machine;
};

TEST_F(HostCheckCalls, DisksOnIdeAreReached) {
  put_pci("0000:00:01.1", "0x010180", "ata_piix");
  put_pci("0000:00:02.0", "0x020000", "e1000");
  EXPECT_EQ(refusal(kReadSector), "");
  EXPECT_EQ(refusal(kReadSector, {.woken = true}), "");
}

TEST_F(HostCheckCalls, OtherDiskControllersAreLinuxs) {
  put_pci("0000:00:01.1", "0x010180", "ata_piix");
  for (const auto& [code, driver] :
       {std::pair{"0x010601", "ahci"}, std::pair{"0x010802", "nvme"}, std::pair{"0x010000", "virtio-pci"},
        std::pair{"0x080501", "sdhci-pci"}}) {
    put_pci("0000:00:04.0", code, driver);
    EXPECT_THAT(refusal(kReadSector),
                AllOf(HasSubstr("INT 13h AX=4200h is unsafe after Linux"),
                      HasSubstr(fmt::format("(PCI device 0000:00:04.0, class {}, driver {})", code, driver)),
                      HasSubstr("--unsafe")));
    EXPECT_EQ(refusal({0x13, 0x4800}), "") << "the list of disks";
    EXPECT_EQ(refusal({0x15, 0xE820}), "");
    EXPECT_THAT(refusal({0x13, {}}), HasSubstr("INT 13h is unsafe")) << "some function";
  }
}

TEST_F(HostCheckCalls, AControllerWithoutDriverIsAsFirmwareLeftItUntilTheMachineSleeps) {
  put_pci("0000:00:04.0", "0x010601");
  EXPECT_EQ(refusal(kReadSector), "");
  EXPECT_THAT(refusal(kReadSector, {.woken = true}),
              AllOf(HasSubstr("just woken"), HasSubstr("class 0x010601)")));
}

TEST_F(HostCheckCalls, UsbDisksAndKeyboards) {
  put_usb("1-1:1.0", "09", "00");  // a hub
  EXPECT_EQ(refusal(kReadSector), "");
  EXPECT_EQ(refusal(kGetKey), "");
  put_usb("1-2:1.0", "08", "06");
  EXPECT_THAT(refusal(kReadSector), HasSubstr("USB device 1-2:1.0, mass storage"));
  put_usb("1-3:1.0", "03", "01");
  EXPECT_THAT(refusal(kGetKey), HasSubstr("USB device 1-3:1.0, keyboard"));
}

TEST_F(HostCheckCalls, VideoCardsWithANativeDriver) {
  put_pci("0000:00:02.0", "0x030000");
  EXPECT_EQ(refusal(kSetMode), "") << "text mode or firmware's framebuffer";
  put_pci("0000:00:02.0", "0x030000", "i915");
  EXPECT_THAT(refusal(kSetMode), HasSubstr("driver i915"));
  EXPECT_THAT(refusal({0x10, 0x4F00}), HasSubstr("driver i915"));
  machine.put("/sys/bus/pci/devices/0000:00:02.0/boot_vga", "0\n");
  EXPECT_EQ(refusal(kSetMode), "") << "a second card, not that of INT 10h";
}

TEST_F(HostCheckCalls, CallsThatNeverComeBack) {
  EXPECT_THAT(refusal({0x19, {}}), HasSubstr("INT 19h is unsafe after Linux"));
}

TEST_F(HostCheckCalls, WhoeverInsistsIsTold) {
  put_pci("0000:00:04.0", "0x010601", "ahci");
  EXPECT_THAT(notes(kReadSector, {.allow_unsafe = true}), ElementsAre(HasSubstr("driver ahci")));
  EXPECT_THAT(notes({0x12, 0}, {.allow_unsafe = true}), IsEmpty());
}

TEST_F(HostCheckCalls, TheVectorIsLookedAt) {
  EXPECT_THAT(notes({0x12, 0}), IsEmpty());
  machine.poke_word(0x12 * 4 + 2, 0x0700);
  machine.poke_word(0x12 * 4, 0x0010);
  EXPECT_THAT(notes({0x12, 0}), ElementsAre(HasSubstr("the vector of INT 12h leads to 0700:0010")));
  machine.poke_word(0x12 * 4 + 2, 0x9FC0);
  EXPECT_THAT(notes({0x12, 0}), IsEmpty()) << "reserved memory above base memory";
  EXPECT_THAT(refusal({0x60, 0}), HasSubstr("nobody serves INT 60h AX=0000h: its vector is empty"));
  EXPECT_THAT(refusal({0x60, 0}, {.allow_unsafe = true}), HasSubstr("(vector at 0x180)"));
}

TEST_F(HostCheckCalls, DoctorTellsAllOfThem) {
  EXPECT_EQ(unsafe_calls_remark(machine).verdict, Verdict::kOk);
  put_pci("0000:00:04.0", "0x010601", "ahci");
  put_usb("1-3:1.0", "03", "01");
  const Check check = unsafe_calls_remark(machine);
  EXPECT_EQ(check.verdict, Verdict::kNote);
  EXPECT_EQ(check.finding,
            "unsafe after Linux: INT 13h (PCI device 0000:00:04.0, class 0x010601, driver ahci), "
            "INT 16h (USB device 1-3:1.0, keyboard)");
}

TEST_F(HostCheckCalls, ARefusedRunHasNotJumped) {
  put_pci("0000:00:04.0", "0x010601", "ahci");
  machine.answer();
  RunRequest request;
  request.calls = {kReadSector};
  std::vector<std::string> told;
  request.warn = [&](const std::string& note) {
    EXPECT_EQ(machine.count("reboot"), 0) << "before the jump";
    told.push_back(note);
  };
  const auto target = make_host_target_on(machine, {.choice = DoorChoice::kKexec}, {});
  const auto refused = target->run(test::small_image(), request);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("unsafe after Linux"));
  EXPECT_EQ(machine.count("reboot"), 0);
  EXPECT_EQ(machine.count("load"), machine.count("unload"));
  EXPECT_THAT(told, IsEmpty());

  request.allow_unsafe = true;
  const auto forced = target->run(test::small_image(), request);
  ASSERT_TRUE(forced) << forced.error().text();
  EXPECT_EQ(machine.count("reboot"), 1);
  EXPECT_THAT(told, ElementsAre(HasSubstr("driver ahci")));
  EXPECT_EQ(forced->notes, told);
}

}  // namespace
}  // namespace kjump
