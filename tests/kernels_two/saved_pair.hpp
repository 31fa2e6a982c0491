// SPDX-License-Identifier: MIT
/// A first kernel with marked pages, saved by its second one, and its dumps on the host.
#pragma once

#include <elf.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>

#include <gmock/gmock.h>

#include "kernels_two/guest_program.hpp"
#include "kernels_two/pair.hpp"
#include "linux/host_program.hpp"

namespace kjump::tests {

inline constexpr const char* kMakedumpfile = "/usr/bin/makedumpfile";
inline constexpr unsigned kMarkedPages = 1000;

struct Said {
  int code = -1;
  std::string text;
};

inline Said run_here(const std::string& command) {
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

inline std::string hexadecimal(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

inline std::uint64_t parse_number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 16);
}

// B saves A with what a crash's analysis does not need left out, in both formats of makedumpfile.
inline constexpr const char* kSaveParts = R"sh(
mkdir -p /dump; mount -t ext4 $dump /dump || { echo 'no disk'; return; }
kjump kernel params --json >/dump/params 2>&1; echo "params $?"
/usr/bin/makedumpfile -c -d 31 /proc/vmcore /dump/small >/dump/small.log 2>&1; echo "small $?"
/usr/bin/makedumpfile -E -d 31 /proc/vmcore /dump/elf >/dump/elf.log 2>&1; echo "elf $?"
)sh";
// And as a copy.
inline constexpr const char* kSaveAll = R"sh(
cp /proc/vmcore /dump/whole; echo "whole $?"
)sh";

// In A: pages that can be told from all others, and what a debugger is to find.
inline constexpr const char* kMark = R"sh(
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
                testing::AllOf(testing::HasSubstr("params 0"), testing::HasSubstr("small 0"),
                               testing::HasSubstr("elf 0"), testing::HasSubstr(whole ? "whole 0" : "")));
    EXPECT_EQ(section(result_.out, "after"), "OK\nmarks OK\n");
    EXPECT_THAT(section(result_.out, "run"), testing::Not(testing::HasSubstr("no /proc/vmcore")));
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

}  // namespace kjump::tests
