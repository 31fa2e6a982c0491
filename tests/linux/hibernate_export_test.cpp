// SPDX-License-Identifier: MIT
// Rule: memory of a real kernel, once in an image, comes out as a core file in which a debugger that knows
// nothing of kjump finds that kernel: by the addresses that the kernel itself gave while it ran.
#include <elf.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "hibernate_image.hpp"
#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMemoryMib = 192;
constexpr std::uint64_t kTextBase = 0xFFFF'FFFF'8000'0000;

struct Output {
  int code = -1;
  std::string text;
};

Output run_command(const std::string& command) {
  Output output;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (pipe != nullptr) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe);
    if (got == 0) {
      output.code = ::pclose(pipe);
      break;
    }
    output.text.append(buffer.data(), got);
  }
  return output;
}

class HibernateExport : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { fs::create_directory(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  [[nodiscard]] std::string path(const char* name) const { return (directory_ / name).string(); }
  [[nodiscard]] Output kjump(const std::string& arguments) const {
    return run_command(std::string(std::getenv("KJUMP_AGENT")) + " " + arguments);
  }

  /// The guest's memory stays in a file when the guest has ended.
  [[nodiscard]] JobResult run_guest() const {
    Guest guest(GetParam());
    guest.options.machine.memory_mib = kMemoryMib;
    guest.options.machine.extra_arguments = {"-object",
                                             "memory-backend-file,id=kept,share=on,size=" +
                                                 std::to_string(kMemoryMib) + "M,mem-path=" + path("ram"),
                                             "-machine", "memory-backend=kept"};
    guest.job.outputs = {"/tmp/kcore"};
    return guest.run(R"sh(
      echo "== iomem"; grep 'System RAM' /proc/iomem
      echo "== vmcoreinfo"; cat /sys/kernel/vmcoreinfo
      echo "== banner"; grep ' linux_banner$' /proc/kallsyms
      echo "== version"; cat /proc/version
      dd if=/proc/kcore of=/tmp/kcore bs=8192 count=1 2>/dev/null || true)sh");
  }

  [[nodiscard]] Memory memory_of(const std::string& iomem) const {
    Memory memory;
    std::ifstream ram(path("ram"), std::ios::binary);
    for (const std::string& line : lines(iomem)) {
      unsigned long long start = 0, last = 0;
      if (std::sscanf(line.c_str(), "%llx-%llx", &start, &last) != 2) {
        continue;
      }
      const MemoryRange range{(start + 0xFFF) & ~0xFFFULL, (last + 1) & ~0xFFFULL, 1, 0};
      memory.ranges.push_back(range);
      ram.seekg(static_cast<std::streamoff>(range.start));
      for (std::uint64_t at = range.start; at < range.end; at += abi::kPageBytes) {
        Page page{};
        ram.read(reinterpret_cast<char*>(page.data()), page.size());
        if (page == Page{}) {
          memory.zero.insert(at);
        } else {
          memory.data[at] = page;
        }
      }
    }
    return memory;
  }

  /// A copy of a partition with that image in it.
  void write_copy(const Bytes& image) const {
    const std::uint64_t blocks = kDataBlock + image.size() / kBlockBytes + 256;
    const std::vector<Extent> extents{{0, blocks, 2048}};
    StoreHeader header = test_header(extents);
    header.blocks = blocks;
    header.disk_sectors = 2048 + blocks * kSectorsPerBlock;
    hibernate::seal(header);
    Bytes front(kDataBlock * kBlockBytes);
    put(front, 0, header);
    put(front, kBlockBytes, extents[0]);
    put(front, kCommitBlock * kBlockBytes, commit_of(image, kDataBlock));
    std::ofstream file(path("copy"), std::ios::binary);
    file.write(reinterpret_cast<const char*>(front.data()), static_cast<std::streamsize>(front.size()));
    file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
    file.close();
    fs::resize_file(path("copy"), blocks * kBlockBytes);
  }

  fs::path directory_ = fs::temp_directory_path() / ("kjump-export-" + std::to_string(getpid()));
};

/// Where the running kernel's own core file, /proc/kcore, has the direct map.
std::uint64_t page_offset_of(const std::vector<std::byte>& kcore) {
  Elf64_Ehdr header{};
  EXPECT_GE(kcore.size(), sizeof header);
  std::memcpy(&header, kcore.data(), std::min(kcore.size(), sizeof header));
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const std::size_t at = header.e_phoff + i * sizeof segment;
    if (at + sizeof segment > kcore.size()) {
      break;
    }
    std::memcpy(&segment, kcore.data() + at, sizeof segment);
    if (segment.p_type == PT_LOAD && segment.p_paddr != ~0ULL && segment.p_vaddr < kTextBase) {
      return segment.p_vaddr - segment.p_paddr;
    }
  }
  ADD_FAILURE() << "no direct map in /proc/kcore";
  return 0;
}

TEST_P(HibernateExport, IsACoreFileInWhichGdbFindsTheKernel) {
  const JobResult result = run_guest();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  unsigned long long note = 0, note_bytes = 0, banner = 0;
  ASSERT_EQ(std::sscanf(section(result.out, "vmcoreinfo").c_str(), "0x%llx %llx", &note, &note_bytes), 2);
  ASSERT_EQ(std::sscanf(section(result.out, "banner").c_str(), "%llx", &banner), 1);

  ImageHeader header = test_image_header(1);
  header.vmcoreinfo = note;
  header.vmcoreinfo_bytes = note_bytes;
  header.entry.return_address = banner;
  header.entry.rsp = 0x1234'5678;
  write_copy(make_image(memory_of(section(result.out, "iomem")), header));
  const Output verified = kjump("image verify " + path("copy"));
  EXPECT_EQ(verified.code, 0) << verified.text;
  const Output exported = kjump("image export --json " + path("copy") + " " + path("core"));
  ASSERT_EQ(exported.code, 0) << exported.text;

  const std::uint64_t expected = page_offset_of(result.files.at("/tmp/kcore"));
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(expected));
  EXPECT_EQ(nlohmann::json::parse(exported.text).at("page_offset"), text.data());
  // VMCOREINFO's physical address, through the direct map: 24 bytes of head, then its text.
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(expected + note + 24));
  const Output gdb =
      run_command("gdb -nx -batch -ex 'set print elements 400' -ex 'core-file " + path("core") +
                  "' -ex 'x/s $rip' -ex 'x/s " + text.data() + "' -ex 'p/x $rsp'");
  std::string version = section(result.out, "version");
  version = version.substr(0, version.find('\n'));
  EXPECT_NE(gdb.text.find(version), std::string::npos) << gdb.text << " where is " << version;
  EXPECT_NE(gdb.text.find("OSRELEASE="), std::string::npos) << gdb.text;
  EXPECT_NE(gdb.text.find("0x12345678"), std::string::npos) << gdb.text;
}

INSTANTIATE_TEST_SUITE_P(Kernels, HibernateExport, testing::Values("6.12", "6.1", "debian", "debian-6.12"),
                         [](const auto& kernel) {
                           std::string name = "v" + std::string(kernel.param);
                           std::replace_if(
                               name.begin(), name.end(), [](char each) { return std::isalnum(each) == 0; },
                               '_');
                           return name;
                         });

}  // namespace
}  // namespace kjump::tests
