// SPDX-License-Identifier: MIT
// Rule: a second kernel gets a memory map with its own memory only, page tables that map it, and a place that
// has room for it; a file that is no kernel is refused, whatever its bytes.
#include <algorithm>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <kjump/abi/two_kernels.hpp>

#include "kernel/boot_image.hpp"
#include "kernel/boot_parameters.hpp"
#include "kernel/identity_tables.hpp"
#include "kernel/layout.hpp"
#include "kernel/registry.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// A kernel of 1 MiB that unpacks itself into 20 MiB.
std::vector<std::byte> kernel_file() {
  std::vector<std::byte> file(5 * 512 + kMiB);
  setup_header header{};
  header.setup_sects = 4;
  header.header = 0x53726448;
  header.version = 0x020F;
  header.loadflags = LOADED_HIGH;
  header.relocatable_kernel = 1;
  header.kernel_alignment = 2 * kMiB;
  header.init_size = 20 * kMiB;
  header.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G;
  header.kernel_version = 0x400;
  header.jump = 0x6AEB;
  header.syssize = kMiB / 16;
  std::memcpy(file.data() + 0x1F1, &header, sizeof header);
  constexpr char kVersion[] = "6.12.117-kjump (somebody@somewhere) #1";
  std::memcpy(file.data() + 0x600, kVersion, sizeof kVersion);
  return file;
}

BootImage kernel() {
  auto image = BootImage::parse(kernel_file(), "test");
  EXPECT_TRUE(image) << image.error().text();
  return *std::move(image);
}

TEST(KernelFile, SaysWhatItIs) {
  const BootImage image = kernel();
  EXPECT_EQ(image.release(), "6.12.117-kjump");
  EXPECT_TRUE(image.is_64bit());
  EXPECT_EQ(image.protected_part().size(), kMiB);
}

TEST(KernelFile, IsRefusedWhenItIsNone) {
  const auto with = [](std::size_t offset, std::uint8_t value) {
    std::vector<std::byte> file = kernel_file();
    file[offset] = std::byte{value};
    return BootImage::parse(std::move(file), "test");
  };
  EXPECT_FALSE(BootImage::parse({}, "empty"));
  EXPECT_FALSE(with(0x202, 'x'));  // magic
  EXPECT_FALSE(with(0x207, 1));    // protocol 1.x
  EXPECT_FALSE(with(0x234, 0));    // not relocatable
  EXPECT_FALSE(with(0x230, 3));    // alignment is no power of two
  EXPECT_FALSE(with(0x211, 0));    // zImage
  std::vector<std::byte> cut = kernel_file();
  cut.resize(cut.size() - 1);
  EXPECT_FALSE(BootImage::parse(std::move(cut), "cut"));
  for (std::size_t bytes = 0; bytes < 0x700; bytes += 7) {
    std::vector<std::byte> part = kernel_file();
    part.resize(bytes);
    EXPECT_FALSE(BootImage::parse(std::move(part), "part")) << bytes;
  }
}

TEST(KernelLayout, HasRoomForWhatUnpacksItself) {
  const BootImage image = kernel();
  const MemoryPiece memory{48 * kMiB, 96 * kMiB};
  const auto layout = lay_out(image, 8 * kMiB, memory);
  ASSERT_TRUE(layout) << layout.error().text();
  EXPECT_GE(layout->kernel, memory.base + kHeadBytes);
  EXPECT_EQ(layout->kernel % (2 * kMiB), 0U);
  EXPECT_LE(layout->kernel + image.header().init_size, layout->initrd);
  EXPECT_EQ(layout->initrd + 8 * kMiB, memory.end());
  EXPECT_FALSE(lay_out(image, 8 * kMiB, {48 * kMiB, 32 * kMiB}));
  EXPECT_FALSE(lay_out(image, std::uint64_t{1} << 62, memory));
}

TEST(KernelMemoryMap, HasNoMemoryOfTheFirstKernel) {
  const MemoryMap machine({{0, 0x9FC00, "System RAM"},
                           {0x9FC00, 0xA0000, "Reserved"},
                           {0x100000, 0x1FFE0000, "System RAM"},
                           {0x1FFE0000, 0x20000000, "ACPI Tables"},
                           {0xFEB00000, 0xFEC00000, "PCI Bus 0000:00"}});
  const MemoryPiece own{48 * kMiB, 96 * kMiB};
  const auto map = second_memory_map(machine, own);
  ASSERT_TRUE(map) << map.error().text();
  std::uint64_t end = 0;
  std::vector<MemoryPiece> ram;
  for (const boot_e820_entry& entry : *map) {
    EXPECT_GE(entry.addr, end) << "out of order";
    end = entry.addr + entry.size;
    EXPECT_NE(entry.addr, 0xFEB00000U) << "a device";
    if (entry.type == 1) {
      ram.push_back({entry.addr, entry.size});
    }
  }
  ASSERT_EQ(ram.size(), 2U);
  EXPECT_EQ(ram[0].base, abi::two_kernels::kLowMemoryBase);
  EXPECT_EQ(ram[0].end(), abi::two_kernels::kLowMemoryEnd);
  EXPECT_EQ(ram[1].base, own.base + kHeadBytes) << "the head is not the kernel's own";
  EXPECT_EQ(ram[1].end(), own.end());
  EXPECT_FALSE(second_memory_map(machine, {0x1FFD0000, 2 * kMiB})) << "reaches into ACPI tables";
}

// Walks them as the processor does.
std::uint64_t translate(const std::vector<std::uint64_t>& tables, std::uint64_t base, std::uint64_t address) {
  std::uint64_t table = base;
  for (unsigned shift = 39;; shift -= 9) {
    const std::uint64_t entry = tables.at((table - base) / 8 + (address >> shift) % 512);
    if ((entry & 1) == 0) {
      return ~std::uint64_t{0};
    }
    if ((entry & 0x80) != 0) {
      return (entry & 0x000FFFFFFFE00000) + address % (2 * kMiB);
    }
    table = entry & 0x000FFFFFFFFFF000;
  }
}

TEST(KernelTables, MapThePiecesAndNothingElse) {
  constexpr std::uint64_t kBase = (std::uint64_t{5} << 30) + 64 * kMiB;  // above 4 GiB, across 1 GiB
  const std::vector<MemoryPiece> pieces{{0, 2 * kMiB}, {kBase, 1024 * kMiB}};
  const auto tables = identity_tables(pieces, kBase);
  ASSERT_TRUE(tables) << tables.error().text();
  for (const std::uint64_t address : {std::uint64_t{0x80123}, kBase, kBase + 999 * kMiB + 5}) {
    EXPECT_EQ(translate(*tables, kBase, address), address);
  }
  for (const std::uint64_t address : {2 * kMiB, kBase - 1, kBase + 1024 * kMiB}) {
    EXPECT_EQ(translate(*tables, kBase, address), ~std::uint64_t{0}) << std::hex << address;
  }
  const std::vector<MemoryPiece> huge{{0, std::uint64_t{32} << 30}};
  EXPECT_FALSE(identity_tables(huge, kBase));
}

TEST(KernelName, IsAFileNameAndNoPath) {
  for (const char* good : {"second", "b-1", "x.y_Z"}) {
    EXPECT_TRUE(check_kernel_name(good)) << good;
  }
  for (const char* bad : {"", ".", "..", "a/b", "a b", "0123456789012345678901234567890123456789"}) {
    EXPECT_FALSE(check_kernel_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace kjump::two_kernels
