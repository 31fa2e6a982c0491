// SPDX-License-Identifier: MIT
// Rule: child processes end when their limit or their owner does; what they left is quoted in one readable
// line; and QEMU's arguments say what MachineOptions say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "targets/linux_vm/static_program.hpp"
#include "targets/qemu/accelerator.hpp"
#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/child_process.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump::targets {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class Process : public ::testing::Test {
 protected:
  Result<ChildProcess> shell(const std::string& script) {
    return ChildProcess::start(
        {{"sh", "-c", script}, artifacts_.directory() / "out", artifacts_.directory() / "err"});
  }
  std::string output() { return read_log(artifacts_.directory() / "out"); }

  Artifacts artifacts_ = *Artifacts::create({});
};

TEST_F(Process, TellsExitCodesFromSignals) {
  auto exits = shell("echo text; exit 3");
  ASSERT_TRUE(exits) << exits.error().text();
  const auto end = exits->wait(5s);
  ASSERT_TRUE(end && end->has_value());
  EXPECT_FALSE((*end)->by_signal);
  EXPECT_EQ((*end)->value, 3);
  EXPECT_EQ(output(), "text\n");
  auto dies = shell("kill -TERM $$");
  const auto death = dies->wait(5s);
  ASSERT_TRUE(death && death->has_value());
  EXPECT_TRUE((*death)->by_signal);
  EXPECT_EQ((*death)->value, 15);
}

TEST_F(Process, KeepsItsLimitAndTakesGrandchildrenAlong) {
  {
    auto child = shell("sleep 30 & echo $!; wait");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(child->wait(100ms)->has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  }
  const std::string sleeper = output();
  ASSERT_FALSE(sleeper.empty());
  std::string state = "?";
  for (int i = 0; i < 100 && state != "gone"; ++i) {
    std::ifstream status("/proc/" + std::to_string(std::stoi(sleeper)) + "/stat");
    std::string pid, name;
    state = status >> pid >> name >> state && state != "Z" ? state : "gone";
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(state, "gone");
}

TEST_F(Process, ReportsAProgramThatIsNotThere) {
  const auto child = ChildProcess::start(
      {{"/nonexistent/program"}, artifacts_.directory() / "out", artifacts_.directory() / "err"});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().system_errno, ENOENT);
}

TEST(Artifacts, AreRemovedUnlessSomebodyWantsThem) {
  std::filesystem::path ours, kept;
  {
    const Artifacts artifacts = *Artifacts::create({});
    ours = artifacts.directory();
    EXPECT_TRUE(std::filesystem::exists(ours));
    EXPECT_FALSE(artifacts.kept());
    Artifacts failing = *Artifacts::create({});
    failing.keep();
    kept = failing.directory();
    const Artifacts moved = std::move(failing);
  }
  EXPECT_FALSE(std::filesystem::exists(ours));
  EXPECT_TRUE(std::filesystem::exists(kept));
  std::filesystem::remove_all(kept);
}

TEST(TellingLines, PickTheAlarmTheLastWordAndTheEnd) {
  EXPECT_EQ(telling_lines(""), "");
  EXPECT_EQ(telling_lines("\r\n\n"), "");
  EXPECT_EQ(telling_lines("a\nb\r\nc"), "a | b | c");
  const std::string log =
      "[    1.0] one\n[    1.1] Kernel panic - not syncing: x\nhello from a program\n[    1.2] two\n"
      "[    1.3] three\n[    1.4] four\n[    1.5] five\n";
  EXPECT_EQ(
      telling_lines(log),
      "[    1.1] Kernel panic - not syncing: x | hello from a program | [    1.4] four | [    1.5] five");
  EXPECT_EQ(telling_lines("\x01\x1B[2Jx\xFF"), "??[2Jx?");
  EXPECT_LT(telling_lines(std::string(100'000, 'x')).size(), 200U);
}

TEST(CommandLine, IsQuotedForAShell) {
  EXPECT_EQ(shell_quoted({"a", "b c", "", "it's", "x=1,y"}), "a 'b c' '' 'it'\\''s' x=1,y");
  EXPECT_EQ(option_value("/a,b"), "/a,,b");
}

TEST(Machine, BecomesArguments) {
  MachineOptions options;
  options.cpus = 2;
  options.memory_mib = 128;
  options.cpu_model = "qemu64";
  options.extra_arguments = {"-S"};
  const auto arguments = machine_arguments(options, true);
  ASSERT_TRUE(arguments) << arguments.error().text();
  const std::string line = shell_quoted(*arguments);
  EXPECT_THAT(line, HasSubstr("-m 128 -cpu qemu64 -smp 2 -machine pc,memory-backend=ram"));
  EXPECT_THAT(line, HasSubstr("share=on,size=128M,mem-path=@RAM@"));
  EXPECT_EQ(arguments->back(), "-S");
}

TEST(Machine, PutsDisksOnTheirBuses) {
  const Artifacts artifacts = *Artifacts::create({});
  const auto file = artifacts.directory() / "a,b.img";
  ASSERT_TRUE(write_file(file, std::string("disk")));
  MachineOptions options;
  options.disks = {{file, DiskBus::kIde, true},
                   {file, DiskBus::kAhci, false},
                   {file, DiskBus::kNvme, true},
                   {file, DiskBus::kVirtio, false}};
  const std::string line = shell_quoted(*machine_arguments(options, false));
  EXPECT_THAT(line,
              HasSubstr("a,,b.img,snapshot=on -device ide-hd,bus=ide.0,unit=0,drive=disk0,bootindex=1"));
  EXPECT_THAT(line, HasSubstr("-device ahci,id=ahci"));
  EXPECT_THAT(line, HasSubstr("-device ide-hd,bus=ahci.0,drive=disk1"));
  EXPECT_THAT(line, HasSubstr("a,,b.img,read-only=on -device nvme,serial=kjump-disk2,drive=disk2"));
  EXPECT_THAT(line, HasSubstr("-device virtio-blk-pci,drive=disk3"));
  options.machine = "q35";
  EXPECT_THAT(machine_arguments(options, false).error().text(), HasSubstr("q35"));
  options.machine = "pc";
  options.disks.assign(5, {file, DiskBus::kIde, false});
  EXPECT_EQ(machine_arguments(options, false).error().code, ErrorCode::kLimit);
}

TEST(Outcome, IsSaidInWords) {
  QemuOutcome outcome;
  outcome.end = QemuEnd::kQemuError;
  outcome.value = 1;
  EXPECT_THAT(describe(outcome), HasSubstr("without a word"));
  outcome.end = QemuEnd::kSignal;
  outcome.value = 11;
  EXPECT_THAT(describe(outcome), HasSubstr("signal 11 (Segmentation fault)"));
}

TEST(Accelerator, LooksForWholeFlags) {
  EXPECT_TRUE(offers_virtualisation("flags : fpu vmx sse\n"));
  EXPECT_TRUE(offers_virtualisation("flags : svm"));
  EXPECT_FALSE(offers_virtualisation("flags : fpu\nvmx_flags : none svm_lock"));
}

TEST(StaticProgram, OneOfTheOtherWidthIsRefused) {
  const auto busybox = busybox_program(Width::k64);
  if (!busybox) {
    GTEST_SKIP() << busybox.error().text();
  }
  const auto refused = loadable_part(*busybox, Width::k32, "busybox");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("i386"), std::string::npos);
}

// Rule: an i386 kernel is told by what its boot header says, and by nothing else.
TEST(KernelWidth, IsWhatTheBootHeaderSays) {
  std::vector<std::byte> image(0x400);
  EXPECT_EQ(width_of_kernel(image), Width::k64) << "no bzImage";
  const auto put = [&](std::size_t at, std::uint32_t value, std::size_t bytes) {
    std::memcpy(image.data() + at, &value, bytes);
  };
  put(0x202, 0x53726448, 4);
  put(0x206, 0x20F, 2);
  put(0x236, 0x63, 2);
  EXPECT_EQ(width_of_kernel(image), Width::k64);
  put(0x236, 0x62, 2);
  EXPECT_EQ(width_of_kernel(image), Width::k32);
  put(0x206, 0x20B, 2);
  EXPECT_EQ(width_of_kernel(image), Width::k64) << "before there were such flags";
  image.resize(0x237);
  EXPECT_EQ(width_of_kernel(image), Width::k64) << "cut off";
}

TEST(StaticProgram, KeepsWhatLinuxLoadsAndNothingElse) {
  const auto busybox = busybox_program(Width::k64);
  if (!busybox) {
    GTEST_SKIP() << busybox.error().text();
  }
  EXPECT_TRUE(loadable_part(*busybox, Width::k64, "busybox"));
  for (const std::size_t length : {std::size_t{0}, std::size_t{63}, std::size_t{64}, std::size_t{200}}) {
    EXPECT_FALSE(loadable_part({busybox->begin(), busybox->begin() + static_cast<std::ptrdiff_t>(length)},
                               Width::k64, "x"));
  }
  // This test is linked dynamically.
  EXPECT_FALSE(loadable_part(*read_file("/proc/self/exe"), Width::k64, "x"));
}

}  // namespace
}  // namespace kjump::targets
