// SPDX-License-Identifier: MIT
// Rule: memory that is swapped at each jump is chosen so that nothing that must stay in place is in it, the
// image covers all of it, the kernel's list of the pages is followed wherever it leads, and an image that
// must stay loaded is neither loaded anew, nor unloaded, nor taken for somebody else's.
#include <cstring>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/kept_image.hpp"
#include "host/kexec_door.hpp"
#include "host/loaded_image.hpp"
#include "host/page_flags.hpp"
#include "kernel/swapped_image.hpp"
#include "kernel/swapped_place.hpp"
#include "unit/host_machine.hpp"

namespace kjump::two_kernels {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kFreeFlag = std::uint64_t{1} << 10;
constexpr std::uint64_t kReservedFlag = std::uint64_t{1} << 32;

// A list in pages, as the kernel makes it.
class FakeList {
 public:
  explicit FakeList(std::size_t word_bytes) : word_bytes_(word_bytes) {}

  void put(std::uint64_t page, const std::vector<std::uint64_t>& entries) {
    std::string bytes(4096, '\0');
    for (std::size_t i = 0; i < entries.size(); ++i) {
      std::memcpy(bytes.data() + i * word_bytes_, &entries[i], word_bytes_);
    }
    pages_[page] = bytes;
  }
  [[nodiscard]] Result<std::vector<DisplacedRun>> walk(std::uint64_t head) const {
    return walk_page_map(head, word_bytes_, [this](std::uint64_t page) -> Result<std::string> {
      const auto found = pages_.find(page);
      return found == pages_.end() ? fail(ErrorCode::kSystem, "nothing there", "list")
                                   : Result<std::string>(found->second);
    });
  }

 private:
  std::size_t word_bytes_;
  std::map<std::uint64_t, std::string> pages_;
};

TEST(SwappedList, IsFollowedOverItsPages) {
  for (const std::size_t word_bytes : {4U, 8U}) {
    FakeList list(word_bytes);
    list.put(0x5000, {0x10000 | 1, 0x800000 | 8, 0x801000 | 8, 0x900000 | 8, 0x6000 | 2, 0xBAD});
    list.put(0x6000, {0xA00000 | 8, 0x8000000 | 1, 0x8000000 | 8, 0x4});
    const auto runs = list.walk(0x5000 | 2);
    ASSERT_TRUE(runs) << runs.error().text();
    ASSERT_EQ(runs->size(), 4U);
    EXPECT_EQ((*runs)[0].address, 0x10000U);
    EXPECT_EQ((*runs)[0].bytes, 0x2000U);
    EXPECT_EQ((*runs)[0].source, 0x800000U);
    EXPECT_EQ((*runs)[2].address, 0x13000U);
    EXPECT_EQ((*runs)[2].source, 0xA00000U);
    EXPECT_EQ((*runs)[3].address, (*runs)[3].source);
  }
}

TEST(SwappedList, ThatIsBrokenIsRefused) {
  FakeList list(8);
  list.put(0x5000, {0x10000 | 1, 0x800000 | 8});  // then zeros
  EXPECT_FALSE(list.walk(0x5000 | 2));
  EXPECT_FALSE(list.walk(0x7000 | 2)) << "a page that is not there";
  EXPECT_FALSE(list.walk(0x5000 | 1)) << "leads nowhere";
  EXPECT_FALSE(list.walk(0x5000 | 3)) << "two kinds at once";
  EXPECT_TRUE(list.walk(4)) << "an empty one is none";
  list.put(0x8000, std::vector<std::uint64_t>(512, 0x800000 | 8));
  EXPECT_FALSE(list.walk(0x8000 | 2)) << "a page without an end";
  list.put(0x9000, {0x9000 | 2});
  EXPECT_FALSE(list.walk(0x9000 | 2)) << "a circle";
}

TEST(SwappedList, MustHaveAllOfTheMemory) {
  const LoadedImage image{
      0, {{0x10000, 0x1000, 0x500000}, {0x7FFF000, 0x3000, 0x900000}, {0x8002000, 0x1000, 0x8002000}}};
  const auto runs = displaced_memory(image, {0x8000000, 0x3000});
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ((*runs)[0].address, 0x8000000U);
  EXPECT_EQ((*runs)[0].source, 0x901000U);
  EXPECT_FALSE(displaced_memory(image, {0x8000000, 0x4000}));
}

TEST(SwappedMemory, IsWhereNothingIsHeldAndMuchIsFree) {
  const std::vector<PageUse> uses{{512, 0}, {512, 1}, {100, 0}, {200, 0}, {512, 0}, {0, 0}};
  EXPECT_EQ(best_window(uses, 1), 0U);
  EXPECT_EQ(best_window(uses, 2), 3U);
  EXPECT_EQ(best_window(uses, 3), 2U);
  EXPECT_EQ(best_window(uses, 5), std::nullopt);
  EXPECT_EQ(best_window(uses, 7), std::nullopt);
  EXPECT_EQ(best_window({}, 1), std::nullopt);
}

TEST(SwappedMemory, IsCoveredBySegments) {
  std::vector<Segment> rooms{{0x8400000, 0, std::vector<std::byte>(100)},
                             {0x8000000, 0, std::vector<std::byte>(5000)},
                             {0x8800000, 0, {}}};
  const auto segments = cover_with_segments({0x8000000, 0x800000}, rooms);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].address, 0x8000000U);
  EXPECT_EQ(segments[0].memory_bytes, 0x400000U);
  EXPECT_EQ(segments[0].content.size(), 5000U);
  EXPECT_EQ(segments[1].memory_bytes, 0x400000U);
  const auto empty = cover_with_segments({0x8000000, 0x800000}, {});
  ASSERT_EQ(empty.size(), 1U);
  EXPECT_EQ(empty[0].memory_bytes, 0x800000U);
}

// 512 MiB whose pages are free but for one of the kernel's own at 64 MiB.
struct Machine : test::FakeMachine {
  Machine() {
    put("/proc/iomem",
        "00001000-0009fbff : System RAM\n00100000-1fffffff : System RAM\n  04000000-04ffffff : Kernel "
        "code\n");
    std::string flags(512 * kMiB / 4096 * 8, '\0');
    for (std::size_t page = 0; page < flags.size() / 8; ++page) {
      const std::uint64_t value = page == 64 * kMiB / 4096 ? kReservedFlag : kFreeFlag;
      std::memcpy(flags.data() + page * 8, &value, 8);
    }
    put("/proc/kpageflags", flags);
    put("/proc/meminfo",
        "MemTotal:         524288 kB\nMemFree:         400000 kB\nMemAvailable:     450000 kB\n");
  }
};

TEST(SwappedMemory, IsChosenOrRefusedBeforeAnythingIsTouched) {
  Machine machine;
  const auto chosen = SwappedPlace::choose(machine, 128 * kMiB, {});
  ASSERT_TRUE(chosen) << chosen.error().text();
  EXPECT_EQ(chosen->piece().base, 66 * kMiB) << "the first one behind what is held";
  EXPECT_EQ(chosen->piece().bytes, 128 * kMiB);
  const MemoryPiece taken[] = {{100 * kMiB, 2 * kMiB}};
  EXPECT_EQ(SwappedPlace::choose(machine, 128 * kMiB, taken)->piece().base, 102 * kMiB);
  EXPECT_THAT(SwappedPlace::choose(machine, 256 * kMiB, {}).error().text(), HasSubstr("half of the memory"));
  machine.put("/proc/meminfo", "MemAvailable:     100000 kB\n");
  EXPECT_THAT(SwappedPlace::choose(machine, 128 * kMiB, {}).error().text(), HasSubstr("97 are to be had"));
}

TEST(SwappedMemory, NeedsMemoryWithoutAnythingHeld) {
  Machine machine;
  const MemoryPiece taken[] = {{128 * kMiB, 2 * kMiB}, {256 * kMiB, 2 * kMiB}, {384 * kMiB, 2 * kMiB}};
  EXPECT_THAT(SwappedPlace::choose(machine, 128 * kMiB, taken).error().text(),
              HasSubstr("must stay in place"));
}

TEST(KeptImage, ClosesTheDoorWithItsName) {
  test::FakeMachine machine;
  machine.put("/sys/kernel/kexec_loaded", "1\n");
  ASSERT_TRUE(note_kept_image(machine, "small"));
  KexecDoor door(machine);
  const auto opened = door.can_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kBusy);
  EXPECT_THAT(opened.error().text(),
              testing::AllOf(HasSubstr("second kernel small"), HasSubstr("kjump kernel drop small")));
  forget_kept_image(machine);
  EXPECT_THAT(door.can_open().error().text(), HasSubstr("another image is already loaded"));
}

TEST(KeptImage, IsNeitherLoadedNorUnloadedByWhoAdoptsIt) {
  test::FakeMachine machine;
  {
    KexecDoor door(machine);
    door.adopt();
    EXPECT_THAT(door.can_open().error().text(), HasSubstr("has been unloaded"));
    machine.put("/sys/kernel/kexec_loaded", "1\n");
    EXPECT_TRUE(door.can_open());
    ASSERT_TRUE(door.prepare(test::small_image().info(), {}));
    EXPECT_TRUE(door.go_through());
    EXPECT_TRUE(door.put_back());
  }
  EXPECT_EQ(machine.count("load") + machine.count("unload"), 0);
  EXPECT_EQ(machine.count("reboot"), 1);
}

TEST(KeptImage, StaysWhenItIsLeft) {
  test::FakeMachine machine;
  {
    KexecDoor door(machine);
    door.also_load({Segment{0x8000000, 0x200000, {}}});
    ASSERT_TRUE(door.prepare(test::small_image().info(), {Segment{0x10000, 0x1000, {}}}));
    ASSERT_EQ(machine.loaded_segments.size(), 2U);
    EXPECT_EQ(machine.loaded_segments[1].memsz, 0x200000U);
    door.leave_loaded();
  }
  EXPECT_EQ(machine.count("unload"), 0);
}

TEST(KeptImage, MemoryThatIsNoneIsRefused) {
  const auto why = [](Segment segment) {
    test::FakeMachine machine;
    KexecDoor door(machine);
    door.also_load({std::move(segment)});
    const auto loaded = door.prepare(test::small_image().info(), {Segment{0x10000, 0x1000, {}}});
    return loaded ? std::string("loaded") : loaded.error().text();
  };
  EXPECT_THAT(why({0x80000, 0x1000, {}}), HasSubstr("below 1 MiB"));
  EXPECT_THAT(why({0x1FFFF000, 0x2000, {}}), HasSubstr("not System RAM"));
  EXPECT_THAT(why({0x8000000, 0x1800, {}}), HasSubstr("whole pages"));
  EXPECT_THAT(why({0x1000000, 256 << 20, {}}), HasSubstr("half of the machine's memory"));
}

}  // namespace
}  // namespace kjump::two_kernels
