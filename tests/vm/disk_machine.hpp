// SPDX-License-Identifier: MIT
/// A bare virtual machine with a disk, and payloads/disks.cpp at work on it.
#pragma once

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "vm/disk_protocol.hpp"
#include "vm/run.hpp"

namespace kjump::tests {

/// How QEMU presents a disk to a driver.
struct DiskShape {
  const char* name;
  disks::DriverName driver;
  const char* machine;
  const char* device;  ///< of QEMU's -device, all but the drive
  const char* model;
  const char* serial;
  const char* where;  ///< how the driver calls it in an error
  bool slow = false;  ///< every sector costs the emulator dearly: less of them
  bool no_dma = false;
  std::uint32_t high_bar = 0;
  bool long_mode = false;
};

/// A file of its own, gone with the object.
class DiskFile {
 public:
  explicit DiskFile(std::uintmax_t bytes, bool filled = true) {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("kjump-disk-" + std::to_string(getpid()) + "-" + std::to_string(number++) + ".img");
    std::ofstream file(path_, std::ios::binary);
    std::vector<std::uint32_t> words((filled ? bytes : 0) / 4);
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = disks::pattern_word(2008, i);
    }
    file.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
    file.close();
    std::filesystem::resize_file(path_, bytes);
  }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;
  ~DiskFile() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

  [[nodiscard]] std::vector<std::uint32_t> words(std::uint64_t sector, std::size_t sectors) const {
    std::vector<std::uint32_t> content(sectors * 512 / 4);
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(sector * 512));
    file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size() * 4));
    EXPECT_TRUE(file.good());
    return content;
  }

 private:
  std::filesystem::path path_;
};

struct DiskReply {
  disks::Opened opened;
  std::vector<disks::Answer> steps;
};

inline constexpr std::uint32_t kDiskBuffer = 0x4000000;  // 64 MiB: free in a machine of 256

inline std::string disk_request(disks::Job job, const std::vector<disks::Step>& steps) {
  job.steps = static_cast<std::uint32_t>(steps.size());
  std::string request(reinterpret_cast<const char*>(&job), sizeof job);
  for (const disks::Step& step : steps) {
    request.append(reinterpret_cast<const char*>(&step), sizeof step);
  }
  return request;
}

inline DiskReply disk_reply(const JumpReport& jump) {
  DiskReply reply;
  EXPECT_GE(jump.reply.size(), sizeof reply.opened) << jump.console;
  if (jump.reply.size() < sizeof reply.opened) {
    return reply;
  }
  std::memcpy(&reply.opened, jump.reply.data(), sizeof reply.opened);
  const auto rest = std::span(jump.reply).subspan(sizeof reply.opened);
  reply.steps.resize(rest.size() / sizeof(disks::Answer));
  std::memcpy(reply.steps.data(), rest.data(), reply.steps.size() * sizeof(disks::Answer));
  return reply;
}

/// `drive`: QEMU's -drive without id, if=none is added. Empty: the machine has no such device.
inline DiskReply run_disk(const DiskShape& shape, const std::string& drive, disks::Job job,
                          const std::vector<disks::Step>& steps,
                          const std::vector<std::string>& more_arguments = {}) {
  MachineOptions machine;
  machine.machine = shape.machine;
  machine.extra_arguments = more_arguments;
  if (!drive.empty()) {
    machine.extra_arguments.insert(machine.extra_arguments.end(),
                                   {"-drive", "if=none,id=d," + drive, "-device",
                                    std::string(shape.device) + ",drive=d,serial=" + shape.serial});
  }
  job.driver = shape.driver;
  job.no_dma = shape.no_dma ? 1 : 0;
  job.high_bar = shape.high_bar;
  if (job.buffer == 0) {
    job.buffer = kDiskBuffer;
  }
  if (job.buffer >= std::uint64_t{4} << 30) {
    machine.memory_mib = 4096;  // of which 1 GiB lies above 4 GiB
  }
  const RunReport report =
      run(shape.long_mode ? "test_disks_long" : "test_disks", disk_request(job, steps), 1, machine);
  EXPECT_EQ(report.jumps.size(), 1U);
  if (report.jumps.size() != 1) {
    return {};
  }
  EXPECT_EQ(report.jumps[0].outcome, abi::Outcome::kReturned) << report.jumps[0].place;
  DiskReply reply = disk_reply(report.jumps[0]);
  reply.steps.resize(steps.size());
  return reply;
}

}  // namespace kjump::tests
