// SPDX-License-Identifier: MIT
#include "bench/kernel_guest.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "bench/numbers.hpp"

namespace kjump::bench {

namespace fs = std::filesystem;

std::string second_init(const std::string& life) {
  return std::string(R"sh(#!/bin/busybox sh
arrived=$(/bin/tsc_guest)
/bin/busybox mkdir -p /proc /sys /dev /run /tmp
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
exec </dev/null >/dev/console 2>&1
)sh") + kBothKernels +
         life;
}

GuestFile text_file(const std::string& path, const std::string& text) {
  GuestFile file{path, {}, true};
  const auto bytes = std::as_bytes(std::span(text));
  file.content.assign(bytes.begin(), bytes.end());
  return file;
}

Job two_kernels_job(const std::string& script, const std::string& life) {
  Job job;
  job.limit = std::chrono::seconds(1500);
  job.script = std::string(kBothKernels) + kPackInitrd + script;
  job.files = {must(GuestFile::copy_of(must(find_kernel(kTwoKernels)), "/k/bzImage")),
               must(GuestFile::copy_of(KJUMP_TSC_GUEST, "/job/tsc_guest", true)),
               text_file("/job/init", second_init(life))};
  return job;
}

Scratch::Scratch() : path_(fs::temp_directory_path() / fmt::format("kjump-bench-kernels-{}", ::getpid())) {
  fs::remove_all(path_);
  fs::create_directories(path_);
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Scratch::disk(const std::string& name, unsigned mebibytes) const {
  fs::path path = path_ / name;
  std::ofstream(path).flush();
  fs::resize_file(path, std::uintmax_t{mebibytes} << 20);
  return path;
}

std::string posted(const fs::path& disk, unsigned sector) {
  std::ifstream file(disk, std::ios::binary);
  file.seekg(std::streamoff{sector} * 512);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return text.substr(0, text.find('\0'));
}

}  // namespace kjump::bench
