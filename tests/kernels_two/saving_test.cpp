// SPDX-License-Identifier: MIT
// Rule: the first kernel's whole memory is in the second one's /proc/vmcore, as programs that know nothing of
// kjump expect it: with the registers at the place where that kernel waits, and with VMCOREINFO.
#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <kjump/abi/two_kernels.hpp>

#include "kernels_two/saved_pair.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

void expect_hand_off_page(Dump& dump) {
  namespace format = abi::two_kernels;
  format::HandOff page{};
  dump.read(dump.offset_of(format::kHandOffBase), &page, sizeof page);
  EXPECT_EQ(page.magic, format::kMagic);
  EXPECT_STREQ(page.name, "second");
  EXPECT_EQ(page.kernels[0].presence, static_cast<std::uint32_t>(format::Presence::kWaits));
  EXPECT_EQ(page.kernels[0].frame_known, 1U);
}

void expect_gdb_finds(const std::string& core, const std::string& out) {
  const std::vector<std::string> text = lines(section(out, "text"));
  ASSERT_EQ(text.size(), 2U);
  const Said gdb =
      run_here("gdb -nx -batch -ex 'set print elements 400' -ex 'core-file " + core + "' -ex 'x/s " +
               hexadecimal(parse_number(section(out, "banner"))) + "' -ex 'printf \"rip %lx\\n\", $rip'");
  const std::string version = section(out, "version");
  EXPECT_THAT(gdb.text, HasSubstr(version.substr(0, version.find('\n')))) << core;
  const auto rip = gdb.text.find("rip ");
  ASSERT_NE(rip, std::string::npos) << gdb.text;
  const std::uint64_t address = parse_number(gdb.text.substr(rip + 4));
  EXPECT_GT(address, parse_number(text[0])) << core << gdb.text;
  EXPECT_LT(address, parse_number(text[1])) << core << gdb.text;
}

void expect_whole(const SavedPair& saved) {
  const std::string whole = saved.file("whole");
  Dump dump(whole);
  EXPECT_EQ(dump.marks(saved.key()).size(), kMarkedPages);
  expect_hand_off_page(dump);
  expect_gdb_finds(whole, saved.out());
}

void expect_parts(const SavedPair& saved) {
  expect_gdb_finds(saved.file("elf"), saved.out());
  const std::string log = saved.scratch();
  const Said dmesg = run_here(std::string(kMakedumpfile) + " --dump-dmesg " + saved.file("small") + " " +
                              log + " && cat " + log);
  EXPECT_THAT(dmesg.text, HasSubstr("key " + saved.key()));
}

/// What B said of A's place while A waited is where a debugger finds it.
void expect_params(const SavedPair& saved, const char* release) {
  std::ifstream file(saved.file("params"));
  const auto json = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(json.is_object()) << json;
  EXPECT_EQ(json["name"], "second");
  EXPECT_EQ(json["crossings"], 1);
  EXPECT_THAT(json["first_release"].get<std::string>(), testing::StartsWith(release));
  ASSERT_TRUE(json.contains("registers")) << json;
  const std::uint64_t rip = parse_number(json["registers"]["rip"]);
  const std::vector<std::string> text = lines(section(saved.out(), "text"));
  EXPECT_GT(rip, parse_number(text.at(0)));
  EXPECT_LT(rip, parse_number(text.at(1)));
  EXPECT_EQ(parse_number(json["entry"]) / abi::kPageBytes,
            parse_number(json["control_page"]) / abi::kPageBytes);
  EXPECT_NE(parse_number(json["backup_map"]), 0U);
  unsigned long long note = 0, note_bytes = 0;
  ASSERT_EQ(std::sscanf(section(saved.out(), "vmcoreinfo").c_str(), "0x%llx %llx", &note, &note_bytes), 2);
  EXPECT_EQ(parse_number(json["vmcoreinfo"]), note);
  EXPECT_EQ(json["vmcoreinfo_bytes"], note_bytes);
}

/// A dump says the same as B did.
void expect_params_of(const SavedPair& saved, const std::string& name) {
  std::ifstream file(saved.file("params"));
  const auto here = nlohmann::json::parse(file, nullptr, false);
  const Said said =
      run_here(std::string(std::getenv("KJUMP_AGENT")) + " kernel params --json " + saved.file(name));
  const auto there = nlohmann::json::parse(said.text, nullptr, false);
  ASSERT_TRUE(here.is_object() && there.is_object()) << name << ": " << said.text;
  for (const auto& [key, value] : here.items()) {
    EXPECT_EQ(there.value(key, nlohmann::json()), value) << name << ": " << key;
  }
}

constexpr const char* kInHugePages = "--memory 96M --place hugepages";

TEST(Saving, TheFirstKernelIsWholeInVmcore) {
  const SavedPair saved({.memory_mib = 320}, kInHugePages, true);
  expect_whole(saved);
  expect_parts(saved);
  expect_params(saved, "6.12");
  for (const char* name : {"whole", "elf", "small"}) {
    expect_params_of(saved, name);
  }
}

// In A: the marks lie all over its memory, so that there are some wherever the second kernel will be; between
// them it is free. Their addresses are looked up when A is back: until then nobody may compact memory
// unasked.
constexpr const char* kScatter = R"sh(
echo 0 >/proc/sys/vm/compaction_proactiveness || exit 9
mount -o remount,size=95% /work; free=$(awk '/^MemFree/ { print $2 }' /proc/meminfo)
for i in $(seq 0 99); do
  head -c $(( (free - 60000) / 100))k /dev/zero >/work/between.$i
  dd if=/work/marks of=/work/marks.part.$i bs=4096 skip=$((10 * i)) count=10 2>/dev/null
done
rm /work/between.*
)sh";

/// Every marked page is in the dump at the address that it had in A; how many of them lay where B was.
int expect_marks_at_their_places(const SavedPair& saved) {
  const auto status = json_section(saved.out(), "status")["kernels"][0];
  const std::uint64_t base = status["memory_base"];
  const std::uint64_t bytes = status["memory_bytes"];
  Dump dump(saved.file("whole"));
  int within = 0;
  for (const std::string& line : lines(section(saved.out(), "where"))) {
    const std::uint64_t physical = parse_number(line);
    const std::string text = line.substr(line.find(' ') + 1);
    EXPECT_EQ(dump.text_at(physical, text.size()), text) << hexadecimal(physical);
    within += physical - base < bytes ? 1 : 0;
  }
  return within;
}

TEST(SavingSwapped, WhatLayWhereTheSecondKernelIs) {
  const SavedPair saved({.memory_mib = 512}, "--memory 96M --place swapped", true, kScatter);
  constexpr int kSome = 100;
  EXPECT_GE(expect_marks_at_their_places(saved), kSome);
  expect_gdb_finds(saved.file("elf"), saved.out());
}

struct Versions {
  const char* first;
  const char* second;
};

class NightlySaving : public testing::TestWithParam<Versions> {};

TEST_P(NightlySaving, TheFirstKernelIsWholeInVmcore) {
  const SavedPair saved({.first = GetParam().first, .second = GetParam().second, .memory_mib = 320},
                        kInHugePages, true);
  expect_whole(saved);
  expect_parts(saved);
  expect_params(saved, GetParam().first);
}

INSTANTIATE_TEST_SUITE_P(Kernels, NightlySaving,
                         testing::Values(Versions{"6.1", "6.12"}, Versions{"6.12", "6.1"},
                                         Versions{"6.1", "6.1"}),
                         [](const auto& versions) {
                           std::string name =
                               std::string("v") + versions.param.first + "_and_v" + versions.param.second;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

// What relocate_kernel keeps lies above 4 GiB, where the payload's mode does not reach by itself.
TEST(NightlySavingLarge, AFirstKernelWithMoreThan4Gib) {
  const SavedPair saved({.memory_mib = 5120, .append = "memmap=96M$0x8000000"},
                        "--memory 96M --place reserved", false);
  expect_parts(saved);
  expect_params(saved, "6.12");
  std::ifstream file(saved.file("params"));
  EXPECT_GT(parse_number(nlohmann::json::parse(file)["entry"]), std::uint64_t{1} << 32);
}

// By its debug information: A stands in machine_kexec, called by the reboot() of kjump. What tells crash that
// a kernel has KASLR is a symbol that kernels without modules may do without.
TEST(NightlyCrash, ReadsTheFirstKernel) {
  const SavedPair saved({.first = "6.1-debuginfo", .second = "6.12", .memory_mib = 320}, kInHugePages, true);
  const auto kernel = find_kernel("6.1-debuginfo");
  ASSERT_TRUE(kernel) << kernel.error().text();
  const std::string vmlinux = std::filesystem::path(*kernel).replace_filename("vmlinux").string();
  const std::string commands = saved.scratch();
  std::ofstream(commands) << "sys\nps\nbt\nlog\nquit\n";
  for (const char* name : {"whole", "small"}) {
    const Said crash = run_here("crash -s --kaslr auto " + vmlinux + " " + saved.file(name) + " -i " +
                                commands + " </dev/null");
    EXPECT_THAT(crash.text, testing::AllOf(HasSubstr("RELEASE: 6.1."), HasSubstr("kjump"),
                                           HasSubstr("machine_kexec"), HasSubstr("kernel_kexec"),
                                           HasSubstr("__do_sys_reboot"), HasSubstr("key " + saved.key())))
        << name;
  }
}

}  // namespace
}  // namespace kjump::tests
