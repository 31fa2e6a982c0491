// SPDX-License-Identifier: MIT
// Rule: 64-bit payloads run under every kind of kernel that has the processor for it, faults come back, and
// bulk memory, pinned by either means, carries what Linux itself reads at the same physical addresses.
#include <algorithm>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

// Above 4 GiB, out of the kernel's hands. The firmware's map still calls it RAM.
constexpr const char* kReserve = "memmap=64M$0x140000000";

// The kernel lets root write there, since the memory is not its own.
constexpr const char* kScript = R"sh(
health before
echo "== hello"; kjump run /job/long.kjump --jumps 3 --json
printf wp >/tmp/what
echo "== fault"; kjump run /job/long.kjump --in /tmp/what --json
printf wS >/tmp/what
echo "== hang"; kjump run /job/long.kjump --in /tmp/what --deadline 0.4 --json
dd if=/dev/urandom of=/dev/mem bs=1M seek=5120 count=64 2>/dev/null
echo "== truth"; dd if=/dev/mem bs=1M skip=5120 count=64 2>/dev/null | sha256sum | cut -d' ' -f1
echo "0x140000000 0x4000000" >/tmp/range
echo "== dump"; kjump run /job/dump_memory.kjump --in /tmp/range --bulk-room 64MiB --out /tmp/memory.bin --json
echo "== copy"; sha256sum </tmp/memory.bin | cut -d' ' -f1
head -c 30000000 /dev/urandom >/tmp/request
echo "== echo"; kjump run /job/bulk.kjump --bulk-in /tmp/request --bulk-room 30000000 --out /tmp/reply --json
echo "== echoed"; stat -c %s /tmp/reply; cmp /tmp/request /tmp/reply | head -c 200
echo "== health"; health after
)sh";

struct Shape {
  const char* name;
  const char* kernel;
  const char* means;
};

class LongMode : public testing::TestWithParam<Shape> {};

TEST_P(LongMode, RunsFaultsHangsAndCarriesBulk) {
  Guest guest(GetParam().kernel);
  guest.options.machine.memory_mib = 6144;
  guest.options.machine.cpus = 2;
  guest.options.extra_command_line = kReserve;
  guest.with_image("dump_memory")
      .with_file(KJUMP_LONG, "/job/long.kjump")
      .with_file(KJUMP_BULK, "/job/bulk.kjump");
  const JobResult result = guest.run(std::string(kHealth) + kScript);
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const auto hello = json_section(result.out, "hello");
  ASSERT_EQ(hello["jumps"].size(), 3U);
  EXPECT_EQ(hello["jumps"][2]["status"], 3);
  const auto fault = json_section(result.out, "fault");
  EXPECT_EQ(fault["jumps"][0]["outcome"], "fault");
  EXPECT_EQ(fault["jumps"][0]["fault"]["vector"], "0xe");
  EXPECT_EQ(fault["jumps"][0]["fault"]["cr2"], "0xfd800000");
  EXPECT_EQ(json_section(result.out, "hang")["jumps"][0]["outcome"], "timeout");
  const auto dump = json_section(result.out, "dump");
  EXPECT_EQ(dump["jumps"][0]["status"], 0);
  EXPECT_EQ(dump["jumps"][0]["bulk_reply_bytes"], 64 << 20);
  EXPECT_EQ(section(result.out, "copy"), section(result.out, "truth")) << "Linux reads something else there";
  const auto& notes = dump["notes"];
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const auto& note) {
    return note == std::string("bulk memory is pinned by ") + GetParam().means;
  })) << notes.dump();
  EXPECT_EQ(json_section(result.out, "echo")["jumps"][0]["status"], 0);
  const auto echoed = lines(section(result.out, "echoed"));
  ASSERT_EQ(echoed.size(), 2U) << "the first byte must already differ, by one";
  EXPECT_EQ(echoed[0], "30000000");
  EXPECT_EQ(section(result.out, "health"), "HEALTHY\n");
}

INSTANTIATE_TEST_SUITE_P(Shapes, LongMode,
                         testing::Values(Shape{"v6_12_pipes", "6.12", "pipes"},
                                         Shape{"debian_wake_io_uring", "debian", "io_uring"}),
                         [](const auto& shape) { return std::string(shape.param.name); });

// One descriptor more each time, until it works: each attempt before is refused in words, none jumps, and one
// of them has none left for the pin.
TEST(BulkPinning, IsRefusedWithBothReasonsWhereThereIsNoMeans) {
  Guest guest("6.12");
  guest.with_image("dump_memory");
  const JobResult result = guest.run(R"sh(
echo '0x100000 0x1000' >/tmp/range
for files in $(seq 4 64); do
  (ulimit -n $files; exec kjump run /job/dump_memory.kjump --in /tmp/range --bulk-room 4MiB --out /tmp/memory.bin) \
    >/tmp/out 2>/tmp/err; code=$?
  [ $code = 0 ] && break
  [ $code = 1 ] && [ -s /tmp/err ] && ! grep -q returned /tmp/out || { echo "$files: exit code $code"; cat /tmp/err; }
  grep -h 'cannot pin' /tmp/err
done
echo "== files"; echo $files
)sh");
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("cannot pin 4"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("io_uring: Function not implemented; pipes: Too many open files"),
            std::string::npos)
      << result.out;
  EXPECT_EQ(result.out.find("exit code"), std::string::npos) << result.out;
  EXPECT_GT(std::stoi(section(result.out, "files")), 4) << "the test's own: nothing was short";
  EXPECT_LT(std::stoi(section(result.out, "files")), 64) << result.out;
}

}  // namespace
}  // namespace kjump::tests
