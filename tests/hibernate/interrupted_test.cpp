// SPDX-License-Identifier: MIT
// Rule, on real guests: a save over an image that is cut off in the middle leaves that image as it was;
// a damaged image is refused, and comes back when it is mended, but once only. All other faults are injected
// by tests/simulated.
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "hibernate/cycle.hpp"

namespace kjump::tests {
namespace {

namespace format = abi::hibernate;

// The store is StoreDisk's partition, in one piece.
std::uint64_t offset_of(std::uint64_t block) {
  return (StoreDisk::kStart + block * format::kSectorsPerBlock) * format::kSectorBytes;
}

template <typename Record>
Record read_record(const StoreDisk& disk, std::uint64_t block) {
  Record record{};
  std::ifstream file(disk.path(), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset_of(block)));
  file.read(reinterpret_cast<char*>(&record), sizeof record);
  return record;
}

void flip_byte(const StoreDisk& disk, std::uint64_t offset) {
  std::fstream file(disk.path(), std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x10));
}

/// QEMU runs as a child of the test.
void kill_qemu() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "stat");
    pid_t pid = 0;
    std::string name;
    std::string state;
    pid_t parent = 0;
    if (status >> pid >> name >> state >> parent && parent == ::getpid() && name.starts_with("(qemu-")) {
      ::kill(pid, SIGKILL);
    }
  }
}

/// Pulls the plug as soon as something is written into a block; `pulled` says that it came to that.
class PowerCut {
 public:
  PowerCut(const StoreDisk& disk, std::uint64_t block)
      : thread_([this, &disk, block] { watch(disk, block); }) {}
  ~PowerCut() {
    over_ = true;
    thread_.join();
  }
  PowerCut(const PowerCut&) = delete;
  PowerCut& operator=(const PowerCut&) = delete;
  PowerCut(PowerCut&&) = delete;
  PowerCut& operator=(PowerCut&&) = delete;

  [[nodiscard]] bool pulled() const { return pulled_; }

 private:
  using Block = std::array<char, format::kBlockBytes>;

  void watch(const StoreDisk& disk, std::uint64_t block) {
    const Block before = read_record<Block>(disk, block);
    while (!over_ && !pulled_) {
      if (read_record<Block>(disk, block) != before) {
        kill_qemu();
        pulled_ = true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<bool> pulled_ = false;
  std::thread thread_;
};

const char* const kSave = R"sh(
kjump hibernate prepare $store >/dev/null && kjump hibernate install-boot $store >/dev/null || exit 3
remember
kjump hibernate --to $store --door kexec >/dev/null || exit 5
echo "== survived"; survived
)sh";

TEST(NightlyInterrupted, TheOlderImageComesBackAfterAPowerCut) {
  Cycle cycle(Shape{});
  const auto off = cycle.save_only(std::string(kWork) + "store=" + cycle.store() + kSave);
  ASSERT_TRUE(off);
  const auto first = read_record<format::CommitRecord>(cycle.disk(), format::kCommitBlock);
  const auto store = read_record<format::StoreHeader>(cycle.disk(), 0);
  ASSERT_EQ(first.magic, format::kCommitMagic);
  // The second image begins where the first ends; its header comes last, its first content behind that.
  PowerCut cut(cycle.disk(), format::ring_block(first.first_block, first.blocks + 64, store.blocks));
  Guest other;
  other.options.machine = cycle.options().machine;
  other.job.script = "kjump hibernate --to " + cycle.store() + " --door kexec\n";
  EXPECT_FALSE(LinuxVm(other.options).run_until_power_off(other.job)) << "it got to its end";
  EXPECT_TRUE(cut.pulled());
  const auto second = read_record<format::CommitRecord>(cycle.disk(), format::kCommitBlock + 1);
  EXPECT_LT(second.generation, 2U) << "the test's own: it was committed";
  const auto result = LinuxVm(cycle.options()).resume(*off, {});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(section(result->out, "survived"), "SURVIVED\n");
}

// The machine as it was, since any other is refused for that (run_firmware() has other ACPI tables).
void expect_not_resumed(const Cycle& cycle, const SuspendedJob& off, const std::string& why) {
  const auto result = LinuxVm(cycle.options()).resume(off, {});
  ASSERT_FALSE(result) << "it went on";
  EXPECT_THAT(result.error().text(), testing::HasSubstr(why));
}

TEST(NightlyInterrupted, ADamagedImageIsRefusedAndAMendedOneComesBackOnce) {
  Cycle cycle(Shape{});
  const auto off = cycle.save_only(std::string(kWork) + "store=" + cycle.store() + kSave);
  ASSERT_TRUE(off);
  const auto commit = read_record<format::CommitRecord>(cycle.disk(), format::kCommitBlock);
  const std::uint64_t damage = offset_of(commit.first_block + commit.blocks / 2) + 1000;
  flip_byte(cycle.disk(), damage);
  expect_not_resumed(cycle, *off, "the image is damaged: chunk");
  const BareRun past = run_firmware(cycle.options().machine);  // after a refusal it boots as before, once
  EXPECT_THAT(past.debug, testing::HasSubstr("marker, drive 80"));
  flip_byte(cycle.disk(), damage);
  const auto result = LinuxVm(cycle.options()).resume(*off, {});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(section(result->out, "survived"), "SURVIVED\n");
  const auto state = read_record<format::StateRecord>(cycle.disk(), format::kStateBlock);
  EXPECT_EQ(state.state, static_cast<std::uint32_t>(format::ImageState::kDone));
  const BareRun again = run_firmware(cycle.options().machine);
  EXPECT_THAT(again.debug, testing::HasSubstr("marker, drive 80")) << again.screen;
}

}  // namespace
}  // namespace kjump::tests
