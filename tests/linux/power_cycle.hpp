// SPDX-License-Identifier: MIT
/// A disk with a partition for a store, and the machine that firmware starts from it, for the Linux suite.
#pragma once

#include <stdlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <kjump/abi/boot.hpp>
#include <kjump/target.hpp>

#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump::tests {

using FirstSector = std::array<char, abi::kBootSectorBytes>;

/// One partition from sector kStart to the end; the guest sees it as /dev/vda1, /dev/sda1 or /dev/nvme0n1p1.
/// The boot loader in its first sector is tests/vm/payloads/marker_sector.asm.
class StoreDisk {
 public:
  static constexpr std::uint32_t kStart = 2048;

  explicit StoreDisk(std::uint64_t mib) {
    std::string pattern = (std::filesystem::temp_directory_path() / "kjump-store-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    FirstSector sector{};
    std::ifstream(KJUMP_MARKER, std::ios::binary).read(sector.data(), sector.size());
    const auto sectors = static_cast<std::uint32_t>((mib << 20) / abi::kBootSectorBytes);
    put_partition(sector, sectors - kStart);
    std::ofstream(path(), std::ios::binary).write(sector.data(), sector.size());
    std::filesystem::resize_file(path(), mib << 20);
  }
  ~StoreDisk() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  StoreDisk(const StoreDisk&) = delete;
  StoreDisk& operator=(const StoreDisk&) = delete;
  StoreDisk(StoreDisk&&) = delete;
  StoreDisk& operator=(StoreDisk&&) = delete;

  [[nodiscard]] std::filesystem::path path() const { return directory_ / "disk.img"; }

  [[nodiscard]] FirstSector first_sector() const {
    FirstSector sector{};
    std::ifstream(path(), std::ios::binary).read(sector.data(), sector.size());
    return sector;
  }

 private:
  // UEFI 2.10, table 5.2: status, CHS, type, CHS, first LBA, length. Type DAh: data that is no file system.
  static void put_partition(FirstSector& sector, std::uint32_t sectors) {
    constexpr std::size_t kTable = 446;
    sector[kTable + 4] = '\xDA';
    for (std::size_t i = 0; i < 4; ++i) {
      sector[kTable + 8 + i] = static_cast<char>(kStart >> 8 * i);
      sector[kTable + 12 + i] = static_cast<char>(sectors >> 8 * i);
    }
  }

  std::filesystem::path directory_;
};

/// What a machine without Linux shows until it ends itself, or `limit`.
struct BareRun {
  targets::QemuOutcome outcome;
  std::string screen;
  std::string debug;
};

/// Firmware starts `options`' first disk, or what `boot` says.
inline BareRun run_firmware(MachineOptions options, const std::vector<std::string>& boot = {},
                            std::chrono::milliseconds limit = std::chrono::seconds(60)) {
  options.machine += ",graphics=off";  // SeaBIOS then writes to the serial port what it shows
  options.extra_arguments.insert(options.extra_arguments.end(),
                                 {"-device", "isa-debug-exit,iobase=0xf4,iosize=4"});
  options.extra_arguments.insert(options.extra_arguments.end(), boot.begin(), boot.end());
  auto artifacts = targets::Artifacts::create({});
  auto arguments = targets::machine_arguments(options, false);
  if (!artifacts || !arguments) {
    ADD_FAILURE() << (artifacts ? arguments.error().text() : artifacts.error().text());
    return {};
  }
  targets::QemuSpec spec;
  spec.limit = limit;
  spec.arguments = *std::move(arguments);
  auto outcome = targets::run_qemu(spec, *artifacts);
  EXPECT_TRUE(outcome) << outcome.error().text();
  return {outcome.value_or(targets::QemuOutcome{}), targets::read_log(artifacts->serial_log()),
          targets::read_log(artifacts->debug_log())};
}

}  // namespace kjump::tests
