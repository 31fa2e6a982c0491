// SPDX-License-Identifier: MIT
/// Many jumps in one boot (guest_programs/soak.cpp), for the suite and for the bench.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <kjump/linux_vm.hpp>

namespace kjump::tests {

struct Soak {
  int failures = -1;  ///< -1: the guest was lost, or said nothing
  std::string text;   ///< what it said
};

inline Soak soak(const std::string& kernel, int jumps, const std::filesystem::path& program,
                 const std::filesystem::path& image, std::chrono::seconds limit) {
  const std::filesystem::path disk =
      std::filesystem::temp_directory_path() / ("kjump-soak-" + std::to_string(::getpid()));
  std::ofstream(disk).close();
  std::filesystem::resize_file(disk, 16 << 20);
  LinuxVmOptions options;
  options.kernel = kernel;
  options.machine.cpus = 2;
  options.machine.disks = {{disk, DiskBus::kVirtio, false}};
  options.machine.extra_arguments = {"-nodefaults"};
  Job job;
  job.limit = limit;
  job.arguments = {"/job/soak", "/job/image.kjump", std::to_string(jumps)};
  auto guest_program = GuestFile::copy_of(program, "/job/soak", true);
  auto guest_image = GuestFile::copy_of(image, "/job/image.kjump");
  Soak soak;
  if (!guest_program || !guest_image) {
    soak.text = "a file is missing: " + (guest_program ? guest_image : guest_program).error().text();
    return soak;
  }
  job.files = {*guest_program, *guest_image};
  const auto result = LinuxVm(options).run(job);
  std::filesystem::remove(disk);
  soak.text = result ? result->out + result->err : result.error().text();
  const std::string mark = "\nfailures ";
  const auto at = soak.text.find(mark);
  if (result && result->exit_code == 0 && at != std::string::npos) {
    soak.failures = std::stoi(soak.text.substr(at + mark.size()));
  }
  return soak;
}

}  // namespace kjump::tests
