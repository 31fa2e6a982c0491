// SPDX-License-Identifier: MIT
// Rule: what kjump tells its payloads of a kernel and a machine agrees with what the kernel says elsewhere:
// free pages with /proc/meminfo, the page table with its symbol, ACPI with the kernel's log, disks with
// sysfs. On kernels of both generations, ours and Debian's own.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "linux/guest.hpp"

namespace kjump::tests {
namespace {

// One disk for each driver; the virtio one has a file system that is mounted.
const char* const kScript = R"sh(
mke2fs /dev/vda >/dev/null 2>&1 || exit 1
for type in ext4 ext2; do mount -t $type /dev/vda /mnt 2>/dev/null && break; done
echo "== facts"; kjump hibernate facts || exit 1
echo "== memory"; grep -E '^(MemFree|MemTotal)' /proc/meminfo
echo "== symbols"; grep -E ' (init_top_pgt|_text|vmemmap_base)$' /proc/kallsyms
echo "== iomem"; grep -E '^ *[0-9a-f-]+ : (System RAM|Kernel code)' /proc/iomem
echo "== acpi"; dmesg | grep -E 'ACPI: (DSDT|FACP|PM: )|smpboot|ACPI PM-Timer|S0 S|(supports|S0)'
echo "== power"; cat /proc/ioports | grep -E 'ACPI (PM1a|GPE0)'
echo "== mounted"; grep -c ' /mnt ' /proc/self/mountinfo
)sh";

struct Kernel {
  const char* name;
  bool old_types;
};

std::uint64_t hexadecimal(const nlohmann::json& value) {
  return std::stoull(value.get<std::string>(), nullptr, 16);
}

/// The number before the word in a line that ends with it.
std::uint64_t number_on_line(const std::string& text, const std::string& word, int base) {
  for (const std::string& line : lines(text)) {
    if (line.find(word) != std::string::npos) {
      return std::stoull(line.substr(base == 16 ? 0 : line.find_first_of("0123456789")), nullptr, base);
    }
  }
  ADD_FAILURE() << "no " << word << " in:\n" << text;
  return 0;
}

class HibernateFacts : public testing::TestWithParam<Kernel> {
 protected:
  static std::filesystem::path make_disk(const std::string& name) {
    const auto path = std::filesystem::temp_directory_path() /
                      ("kjump-facts-" + std::to_string(getpid()) + "-" + name + ".img");
    std::ofstream(path).close();
    std::filesystem::resize_file(path, std::uintmax_t{64} << 20);
    return path;
  }
};

void check_kernel(const nlohmann::json& facts, const std::string& out, const Kernel& kernel) {
  const auto& known = facts["kernel"];
  ASSERT_FALSE(known.contains("error")) << known.dump();
  EXPECT_EQ(known["type_mask"], kernel.old_types ? "0xffffffff" : "0xff000000");
  EXPECT_EQ(known["vmemmap_by_symbol"].is_null(), kernel.old_types);
  // Text and data of the kernel lie alike in both address spaces: the distance of the page table from the
  // text is that of their physical addresses.
  const std::string symbols = section(out, "symbols");
  const std::uint64_t text = number_on_line(section(out, "iomem"), "Kernel code", 16);
  if (symbols.find("init_top_pgt") != std::string::npos && symbols.find("_text") != std::string::npos) {
    EXPECT_EQ(hexadecimal(known["page_table"]) - text,
              number_on_line(symbols, "init_top_pgt", 16) - number_on_line(symbols, " _text", 16));
  }
}

// Every page of the buddy allocator, and no other: found by page structures, types and orders as the payload
// will find them. What runs meanwhile makes the difference.
void check_free_pages(const nlohmann::json& facts, const std::string& memory) {
  const auto& survey = facts["survey"];
  ASSERT_FALSE(survey.contains("error")) << survey.dump();
  const double found = survey["free_pages"].get<double>() * 4;
  const auto free = static_cast<double>(number_on_line(memory, "MemFree", 10));
  EXPECT_NEAR(found, free, 0.03 * free + 8192) << "kB";
  EXPECT_GT(survey["sampled_pages"].get<int>(), 0);
  EXPECT_LT(survey["expected_blocks"], survey["most_blocks"]);
}

void check_disks(const nlohmann::json& facts) {
  const auto& disks = facts["disks"];
  EXPECT_EQ(disks["vda"]["driver"], "virtio") << disks.dump(1);
  EXPECT_EQ(disks["nvme0n1"]["driver"], "nvme");
  EXPECT_EQ(disks["nvme0n1"]["unit"], 1);
  EXPECT_EQ(disks["sda"]["driver"], "ide");
  EXPECT_EQ(disks["sda"]["unit"], 0);
  EXPECT_EQ(disks["vda"]["pci"][0]["header"][0].get<std::string>().substr(6), "1af4");
  ASSERT_EQ(facts["fingerprints"]["watched"].size(), 1U) << facts["fingerprints"].dump(1);
  EXPECT_EQ(facts["fingerprints"]["watched"][0]["name"], "/dev/vda on /mnt");
}

TEST_P(HibernateFacts, AgreeWithTheKernel) {
  Guest guest(GetParam().name);
  const auto virtio = make_disk("virtio");
  const auto nvme = make_disk("nvme");
  const auto ide = make_disk("ide");
  guest.options.machine.disks = {Disk{.path = virtio, .bus = DiskBus::kVirtio, .read_only = false},
                                 Disk{.path = nvme, .bus = DiskBus::kNvme, .read_only = false},
                                 Disk{.path = ide, .bus = DiskBus::kIde, .read_only = false}};
  guest.options.machine.memory_mib = 512;
  const JobResult result = guest.run(kScript);
  for (const auto& path : {virtio, nvme, ide}) {
    std::filesystem::remove(path);
  }
  ASSERT_EQ(result.exit_code, 0) << result.err << result.out;
  const auto facts = json_section(result.out, "facts");
  check_kernel(facts, result.out, GetParam());
  check_free_pages(facts, section(result.out, "memory"));
  check_disks(facts);
  // QEMU's i440fx and SeaBIOS, as the kernel claims the ports.
  EXPECT_EQ(facts["acpi"]["s5"], nlohmann::json({0, 0}));
  EXPECT_EQ(hexadecimal(facts["acpi"]["pm1a_event"]),
            number_on_line(section(result.out, "power"), "PM1a_EVT", 16));
  EXPECT_EQ(hexadecimal(facts["acpi"]["pm1a_control"]),
            number_on_line(section(result.out, "power"), "PM1a_CNT", 16));
}

std::string kernel_name(const testing::TestParamInfo<Kernel>& info) {
  std::string name = std::string("v") + info.param.name;
  for (char& letter : name) {
    letter = std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Kernels, HibernateFacts,
                         testing::Values(Kernel{"6.12", false}, Kernel{"6.1", true}, Kernel{"debian", true},
                                         Kernel{"debian-6.12", false}),
                         kernel_name);

}  // namespace
}  // namespace kjump::tests
