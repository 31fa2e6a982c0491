// SPDX-License-Identifier: MIT
#include "kernel/huge_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <cstring>
#include <utility>

#include "host/huge_pages.hpp"
#include "host/pinned_memory.hpp"
#include "kernel/paths.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::size_t kHuge = HugePages::kBytes;

Result<void> mount_huge_pages() {
  struct statfs status {};
  if (::statfs(kHugeDirectory, &status) == 0 &&
      static_cast<std::uint32_t>(status.f_type) == HUGETLBFS_MAGIC) {
    return {};
  }
  if (::mount("none", kHugeDirectory, "hugetlbfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "pagesize=2M,mode=0700") != 0) {
    return fail_errno("cannot mount huge pages", kHugeDirectory,
                      "run as root; the kernel needs CONFIG_HUGETLBFS");
  }
  return {};
}

std::string huge_path(const std::string& name) {
  return fmt::format("{}/{}", kHugeDirectory, name);
}

}  // namespace

Result<HugeFile> HugeFile::create(System& system, const std::string& name) {
  KJUMP_CHECK(make_directories());
  KJUMP_CHECK(mount_huge_pages());
  const std::string path = huge_path(name);
  system.remove_file(path);  // of a kjump that was killed: the registry knows of none with this name
  KJUMP_TRY(UniqueFd fd, system.open(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  return HugeFile(std::move(fd), path);
}

void HugeFile::remove(System& system, const std::string& name) {
  system.remove_file(huge_path(name));
}

std::uint64_t HugeFile::grow_to(std::uint64_t pages) {
  // One by one: with fewer free pages than asked for, fallocate() keeps those that it got, but does not say.
  while (count_ < pages &&
         ::fallocate(fd_.get(), 0, static_cast<off_t>(count_ * kHuge), static_cast<off_t>(kHuge)) == 0) {
    ++count_;
  }
  return count_;
}

Result<std::vector<HugePage>> HugeFile::pages(const System& system) const {
  static constexpr const char* kPagemap = "/proc/self/pagemap";
  std::vector<HugePage> found;
  for (std::uint64_t i = 0; i < count_; ++i) {
    const HugePage page{i, 0};
    KJUMP_TRY(const std::span<std::byte> view, map(std::span(&page, 1)));
    static_cast<void>(static_cast<volatile std::byte*>(view.data())[0]);  // or its entry would be empty
    const auto number = reinterpret_cast<std::uintptr_t>(view.data()) / abi::kPageBytes;
    const auto text = system.read_at(kPagemap, number * sizeof(std::uint64_t), sizeof(std::uint64_t));
    ::munmap(view.data(), view.size());
    if (!text) {
      return Failure(text.error());
    }
    std::uint64_t entry = 0;
    std::memcpy(&entry, text->data(), sizeof entry);
    const auto address = address_in_pagemap(entry);
    if (!address) {
      return fail(ErrorCode::kSystem, "the kernel does not say where huge pages lie", kPagemap,
                  "it takes CAP_SYS_ADMIN: run as root");
    }
    found.push_back({i, *address});
  }
  return found;
}

Result<void> HugeFile::punch(std::span<const HugePage> pages) const {
  for (const HugePage& page : pages) {
    if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(page.index * kHuge), static_cast<off_t>(kHuge)) != 0) {
      return fail_errno("cannot give a huge page back", path_);
    }
  }
  return {};
}

Result<std::span<std::byte>> HugeFile::map(std::span<const HugePage> pages) const {
  const std::size_t bytes = pages.size() * kHuge;
  // Room for the mapping at a multiple of 2 MiB, as MAP_FIXED of a huge page wants it.
  void* const room =
      ::mmap(nullptr, bytes + kHuge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {  // NOLINT(performance-no-int-to-ptr): the C macro
    return fail_errno("no room in the address space", path_);
  }
  auto* const start = static_cast<std::byte*>(room);
  const std::size_t skip = (kHuge - reinterpret_cast<std::uintptr_t>(start) % kHuge) % kHuge;
  std::byte* const aligned = start + skip;
  if (skip != 0) {
    ::munmap(start, skip);
  }
  ::munmap(aligned + bytes, kHuge - skip);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (::mmap(aligned + i * kHuge, kHuge, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd_.get(),
               static_cast<off_t>(pages[i].index * kHuge)) == MAP_FAILED) {  // NOLINT: the C macro
      auto failure = fail_errno("cannot map a huge page", path_);
      ::munmap(aligned, bytes);
      return failure;
    }
  }
  return std::span(aligned, bytes);
}

}  // namespace kjump::two_kernels
