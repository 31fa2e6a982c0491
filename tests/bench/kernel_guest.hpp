// SPDX-License-Identifier: MIT
/// What the guests of the numbers about two kernels have in common: a small second kernel's initial RAM disk,
/// and a disk, the first one, through whose sectors everybody tells the bench what happened.
#pragma once

#include <filesystem>
#include <string>

#include <kjump/linux_vm.hpp>

namespace kjump::bench {

inline constexpr const char* kTwoKernels = "6.12";

/// Shell, in either kernel: `fill MEGABYTES` and `whole`, memory that must not change; `post SECTOR` tells
/// what it reads.
inline constexpr const char* kBothKernels = R"sh(
fill() { head -c ${1}000000 /dev/urandom >/tmp/file; md5sum /tmp/file >/tmp/md5; }
whole() { md5sum -c -s /tmp/md5 && echo 1 || echo 0; }
post() { dd of=/dev/vda bs=512 seek=$1 conv=sync,fsync 2>/dev/null; }
)sh";

/// Shell of the first kernel: packs /k/initrd from /job/init and the programs.
inline constexpr const char* kPackInitrd = R"sh(
mkdir -p /b/bin /b/dev && cp /bin/busybox /bin/kjump /job/tsc_guest /b/bin/ && cp /job/init /b/init && cd /b &&
  find . | cpio -o -H newc >/k/initrd 2>/dev/null && cd / || exit 9
append='console=ttyS0 no_console_suspend panic=-1 no_timer_check quiet rdinit=/init'
)sh";

/// A second kernel's init: `life` once the usual is mounted. $arrived is the counter at its first line.
[[nodiscard]] std::string second_init(const std::string& life);

/// A job for the first kernel, with the second one's bzImage, init and programs.
[[nodiscard]] Job two_kernels_job(const std::string& script, const std::string& life);

[[nodiscard]] GuestFile text_file(const std::string& path, const std::string& text);

/// An empty directory that is gone when this is.
class Scratch {
 public:
  Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch(Scratch&&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path disk(const std::string& name, unsigned mebibytes) const;

 private:
  std::filesystem::path path_;
};

/// What was posted there.
[[nodiscard]] std::string posted(const std::filesystem::path& disk, unsigned sector);

}  // namespace kjump::bench
