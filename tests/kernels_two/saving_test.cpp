// SPDX-License-Identifier: MIT
// Rule: the first kernel's whole memory is in the second one's /proc/vmcore, as programs that know nothing of
// kjump expect it: with the registers at the place where that kernel waits, and with VMCOREINFO.
#include <elf.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <kjump/abi/two_kernels.hpp>

#include "kernels_two/guest_program.hpp"
#include "kernels_two/pair.hpp"
#include "linux/host_program.hpp"

namespace kjump::tests {
namespace {

using testing::HasSubstr;

constexpr const char* kMakedumpfile = "/usr/bin/makedumpfile";
constexpr unsigned kMarkedPages = 1000;

struct Said {
  int code = -1;
  std::string text;
};

Said run_here(const std::string& command) {
  Said said;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (pipe != nullptr) {
    const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe);
    if (got == 0) {
      said.code = WEXITSTATUS(::pclose(pipe));
      break;
    }
    said.text.append(buffer, got);
  }
  return said;
}

std::string hexadecimal(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::uint64_t parse_number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 16);
}

// B saves A with what a crash's analysis does not need left out, in both formats of makedumpfile.
constexpr const char* kSaveParts = R"sh(
mkdir -p /dump; mount -t ext4 $dump /dump || { echo 'no disk'; return; }
kjump kernel params --json >/dump/params 2>&1; echo "params $?"
/usr/bin/makedumpfile -c -d 31 /proc/vmcore /dump/small >/dump/small.log 2>&1; echo "small $?"
/usr/bin/makedumpfile -E -d 31 /proc/vmcore /dump/elf >/dump/elf.log 2>&1; echo "elf $?"
)sh";
// And as a copy.
constexpr const char* kSaveAll = R"sh(
cp /proc/vmcore /dump/whole; echo "whole $?"
)sh";

// In A: pages that can be told from all others, and what a debugger is to find.
constexpr const char* kMark = R"sh(
key=$(head -c 8 /dev/urandom | hexdump -e '"%08x"')
awk -v key=$key 'BEGIN { for (i = 0; i < 1000; i++) printf "%-4096s", "MARK " key " " i " " }' >/work/marks
md5sum /work/marks >/work/marks.md5
echo "key $key" >/dev/kmsg
echo "== key"; echo $key
echo "== banner"; grep ' linux_banner$' /proc/kallsyms
echo "== text"; sort /proc/kallsyms | grep -A1 ' machine_kexec$'
echo "== version"; cat /proc/version
echo "== vmcoreinfo"; cat /sys/kernel/vmcoreinfo
)sh";

class Dump {
 public:
  explicit Dump(const std::filesystem::path& path) : file_(path, std::ios::binary) {
    Elf64_Ehdr header{};
    read(0, &header, sizeof header);
    EXPECT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0) << path;
    segments_.resize(header.e_phnum);
    read(header.e_phoff, segments_.data(), segments_.size() * sizeof(Elf64_Phdr));
  }

  void read(std::uint64_t offset, void* to, std::size_t bytes) {
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
    EXPECT_EQ(static_cast<std::size_t>(file_.gcount()), bytes) << "at " << offset;
  }
  /// Where physical memory lies in the file.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t physical) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD && physical - segment.p_paddr < segment.p_filesz) {
        return segment.p_offset + (physical - segment.p_paddr);
      }
    }
    ADD_FAILURE() << hexadecimal(physical) << " is not in the dump";
    return 0;
  }
  /// What the page at a physical address begins with.
  std::string text_at(std::uint64_t physical, std::size_t bytes) {
    std::string text(bytes, '\0');
    read(offset_of(physical), text.data(), bytes);
    return text;
  }
  /// Numbers of the marked pages in it.
  std::set<unsigned> marks(const std::string& key) {
    std::set<unsigned> found;
    const std::string begin = "MARK " + key + " ";
    std::string page(abi::kPageBytes, '\0');
    for (const Elf64_Phdr& segment : segments_) {
      for (std::uint64_t at = 0; segment.p_type == PT_LOAD && at < segment.p_filesz; at += page.size()) {
        read(segment.p_offset + at, page.data(), page.size());
        if (page.starts_with(begin)) {
          found.insert(static_cast<unsigned>(std::strtoul(page.c_str() + begin.size(), nullptr, 10)));
        }
      }
    }
    return found;
  }

 private:
  std::ifstream file_;
  std::vector<Elf64_Phdr> segments_;
};

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

/// A second kernel has saved the first one and gone back.
class SavedPair {
 public:
  /// `scatter` is A's shell, run when the pages have been marked.
  SavedPair(const PairShape& shape, const std::string& options, bool whole, const std::string& scatter = "")
      : visit_("dump=" + disk_device(shape.bus, 3) + kSaveParts + (whole ? kSaveAll : "") + "umount /dump"),
        pair_(with_visit(shape)) {
    add_program(pair_.guest(), kMakedumpfile, "/b");
    if (shape.memory_mib > 1024) {  // makedumpfile looks at each page's structure
      pair_.guest().job.limit = std::chrono::seconds(1500);
    }
    add_c_program(pair_.guest(), "where", kWhereSource);
    result_ = pair_.run(std::string(kMark) + scatter + R"sh(
echo "== run"; kjump kernel run /k/bzImage --initrd /k/initrd --append "$append" )sh" +
                        options + R"sh( 2>&1 || exit 3
echo "== visit"; letter
echo "== after"; cared 1; md5sum -c -s /work/marks.md5 && echo "marks OK"
echo "== where"; where /work/marks* | grep MARK
echo "== status"; kjump kernel status --json
)sh");
    EXPECT_EQ(result_.exit_code, 0) << result_.out << result_.err;
    EXPECT_THAT(section(result_.out, "visit"),
                testing::AllOf(HasSubstr("params 0"), HasSubstr("small 0"), HasSubstr("elf 0"),
                               HasSubstr(whole ? "whole 0" : "")));
    EXPECT_EQ(section(result_.out, "after"), "OK\nmarks OK\n");
    EXPECT_THAT(section(result_.out, "run"), testing::Not(HasSubstr("no /proc/vmcore")));
  }

  [[nodiscard]] const std::string& out() const { return result_.out; }
  [[nodiscard]] std::string key() const { return lines(section(result_.out, "key")).at(0); }
  [[nodiscard]] std::string file(const std::string& name) const {
    return pair_.disks().dumped(name).string();
  }
  [[nodiscard]] std::string scratch() const { return pair_.disks().path("scratch").string(); }

 private:
  PairShape with_visit(PairShape shape) const {
    shape.dump_mib = 2 * std::min(shape.memory_mib, 1024U);
    shape.second_visit = visit_.c_str();
    return shape;
  }

  std::string visit_;
  Pair pair_;
  JobResult result_;
};

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

// By its debug information: A stands in machine_kexec, called by the reboot() of kjump.
TEST(NightlyCrash, ReadsTheFirstKernel) {
  const SavedPair saved({.first = "6.1-debuginfo", .second = "6.12", .memory_mib = 320}, kInHugePages, true);
  const auto kernel = find_kernel("6.1-debuginfo");
  ASSERT_TRUE(kernel) << kernel.error().text();
  const std::string vmlinux = std::filesystem::path(*kernel).replace_filename("vmlinux").string();
  const std::string commands = saved.scratch();
  std::ofstream(commands) << "sys\nps\nbt\nlog\nquit\n";
  for (const char* name : {"whole", "small"}) {
    const Said crash = run_here("crash -s " + vmlinux + " " + saved.file(name) + " <" + commands);
    EXPECT_THAT(crash.text,
                testing::AllOf(HasSubstr("RELEASE: 6.1."), HasSubstr("kjump"), HasSubstr("machine_kexec"),
                               HasSubstr("kernel_kexec"), HasSubstr("key " + saved.key())))
        << name;
  }
}

}  // namespace
}  // namespace kjump::tests
