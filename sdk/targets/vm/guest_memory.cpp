// SPDX-License-Identifier: MIT
#include "targets/vm/guest_memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace kjump::targets {
namespace {

constexpr off_t kMebibyte = 1 << 20;

}  // namespace

Result<GuestMemory> GuestMemory::create(std::uint32_t mebibytes) {
  UniqueFd fd(::memfd_create("kjump-guest", MFD_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), mebibytes * kMebibyte) != 0) {
    return fail_errno("cannot make memory for the virtual machine", fmt::format("{} MiB", mebibytes),
                      "ask for less with --memory");
  }
  return GuestMemory(std::move(fd));
}

Result<void> GuestMemory::read_into(std::uint64_t address, std::span<std::byte> bytes) const {
  const ssize_t got = ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
  if (got < 0 || static_cast<std::size_t>(got) != bytes.size()) {
    return fail_errno("cannot read the virtual machine's memory", fmt::format("{:#x}", address));
  }
  return {};
}

Result<void> GuestMemory::write(std::uint64_t address, std::span<const std::byte> bytes) const {
  const ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
  if (put < 0 || static_cast<std::size_t>(put) != bytes.size()) {
    return fail_errno("cannot write the virtual machine's memory", fmt::format("{:#x}", address));
  }
  return {};
}

Result<std::vector<std::byte>> GuestMemory::read(std::uint64_t address, std::size_t bytes) const {
  std::vector<std::byte> content(bytes);
  KJUMP_CHECK(read_into(address, content));
  return content;
}

}  // namespace kjump::targets
