// SPDX-License-Identifier: MIT
// Rule: what a second kernel is told of the first one's memory is all of that, but for its own: each page
// once, where it lies, and where the first kernel maps it.
#include <elf.h>

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kjump/abi/two_kernels.hpp>

#include "host_machine.hpp"
#include "image/core_file.hpp"
#include "kernel/core_area.hpp"
#include "kernel/core_header.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr std::uint64_t kMebi = std::uint64_t{1} << 20;
constexpr std::uint64_t kDirectMap = 0xFFFF'8880'0000'0000;
constexpr std::uint64_t kText = 0xFFFF'FFFF'8100'0000;
constexpr MemoryPiece kSecond{128 * kMebi, 96 * kMebi};

MemoryMap iomem() {
  return MemoryMap({{0, 0x1000, "Reserved"},
                    {0x1000, 0x9FC00, "System RAM"},
                    {0x9FC00, 0xA0000, "Reserved"},
                    {kMebi, 512 * kMebi - 0x20123, "System RAM"},
                    {0xFEC00000, 0xFEC00400, "IOAPIC 0"},
                    {0x1'0000'0000, 0x1'4000'0000, "System RAM"}});
}

const std::vector<KernelMapping> kMappings{{kText, 32 * kMebi, 20 * kMebi + 0x345},
                                           {kDirectMap + 0x1000, 0x1000, 0x9E000}};

std::vector<CorePiece> test_pieces() {
  auto pieces = core_pieces(iomem(), kMappings, kSecond);
  EXPECT_TRUE(pieces) << pieces.error().text();
  return pieces ? *pieces : std::vector<CorePiece>{};
}

MATCHER_P3(IsPiece, physical, bytes, virtual_address, "") {
  return arg.physical == physical && arg.bytes == bytes && arg.lies_at == physical &&
         arg.virtual_address == virtual_address;
}

TEST(CorePieces, AreAllMemoryButTheSecondKernels) {
  const auto direct = [](std::uint64_t start, std::uint64_t end) {
    return IsPiece(start, end - start, kDirectMap + start);
  };
  EXPECT_THAT(test_pieces(),
              testing::ElementsAre(
                  IsPiece(32 * kMebi, 20 * kMebi + 0x1000, kText), direct(0x1000, format::kLowMemoryBase),
                  direct(format::kHandOffBase, format::kHandOffBase + abi::kPageBytes),
                  direct(format::kLowMemoryEnd, 0x9F000), direct(kMebi, kSecond.base),
                  direct(kSecond.end(), 512 * kMebi - 0x21000), direct(0x1'0000'0000, 0x1'4000'0000)));
}

TEST(CorePieces, NeedADirectMap) {
  EXPECT_FALSE(core_pieces(iomem(), {}, kSecond));
  EXPECT_FALSE(core_pieces(iomem(), std::span(kMappings).first(1), kSecond));
}

TEST(CoreHeader, IsAnElfFileOfPhysicalOffsets) {
  std::vector<CorePiece> pieces = test_pieces();
  pieces.back().lies_at = 64 * kMebi;  // as if it had been swapped
  const MemoryPiece notes{format::kCoreNotesBase, 0x800};
  const auto header = core_header(std::span(&notes, 1), pieces);
  ASSERT_TRUE(header) << header.error().text();
  Elf64_Ehdr head{};
  ASSERT_EQ(header->size(), sizeof head + (pieces.size() + 1) * sizeof(Elf64_Phdr));
  std::memcpy(&head, header->data(), sizeof head);
  EXPECT_EQ(head.e_type, ET_CORE);
  EXPECT_EQ(head.e_phnum, pieces.size() + 1);
  Elf64_Phdr segment{};
  std::memcpy(&segment, header->data() + head.e_phoff, sizeof segment);
  EXPECT_EQ(segment.p_type, static_cast<Elf64_Word>(PT_NOTE));
  EXPECT_EQ(segment.p_offset, notes.base);
  EXPECT_EQ(segment.p_filesz, notes.bytes);
  std::memcpy(&segment, header->data() + header->size() - sizeof segment, sizeof segment);
  EXPECT_EQ(segment.p_type, static_cast<Elf64_Word>(PT_LOAD));
  EXPECT_EQ(segment.p_offset, 64 * kMebi);
  EXPECT_EQ(segment.p_paddr, 0x1'0000'0000U);
  EXPECT_EQ(segment.p_vaddr, kDirectMap + 0x1'0000'0000);
  EXPECT_FALSE(core_header({}, std::vector<CorePiece>(0xFFFF)));
}

// A /proc/kcore with one note, the kernel's text and a direct map.
std::string kcore(const std::string& vmcoreinfo) {
  std::vector<std::byte> notes;
  core_file::append_note(notes, core_file::kVmcoreinfoName, 0, std::as_bytes(std::span(vmcoreinfo)));
  std::vector<std::byte> file;
  constexpr std::size_t kSegments = 3;
  core_file::append(file, core_file::file_header(kSegments));
  core_file::append(
      file, core_file::note_segment(sizeof(Elf64_Ehdr) + kSegments * sizeof(Elf64_Phdr), notes.size()));
  for (const KernelMapping& mapping : kMappings) {
    core_file::append(file, core_file::load_segment(0, mapping.address, mapping.physical, mapping.bytes));
  }
  file.insert(file.end(), notes.begin(), notes.end());
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

TEST(CoreFacts, HaveRoomForRegistersAndVmcoreinfo) {
  test::FakeMachine machine;
  machine.put("/proc/iomem", "00001000-0009fbff : System RAM\n00100000-1fffffff : System RAM\n");
  machine.put("/proc/kcore", kcore("OSRELEASE=6.12.117\n"));
  const auto facts = read_core_facts(machine, kSecond);
  ASSERT_TRUE(facts) << facts.error().text();
  const std::string notes(reinterpret_cast<const char*>(facts->notes.data()), facts->notes.size());
  EXPECT_NE(notes.find("OSRELEASE=6.12.117"), std::string::npos);
  const std::size_t registers = facts->registers - format::kCoreNotesBase;
  EXPECT_EQ(registers, sizeof(Elf64_Nhdr) + 8 + core_file::kStatusRegisters);
  EXPECT_LT(registers + sizeof(format::FrameRegisters), notes.find("VMCOREINFO"));
  EXPECT_EQ(notes.substr(notes.size() - sizeof(Elf64_Nhdr)), std::string(sizeof(Elf64_Nhdr), '\0'));
  machine.put("/proc/kcore", kcore(std::string(0x2000, 'x')));
  EXPECT_FALSE(read_core_facts(machine, kSecond));
  machine.put("/proc/kcore", "");
  EXPECT_FALSE(read_core_facts(machine, kSecond));
}

}  // namespace
}  // namespace kjump::two_kernels
