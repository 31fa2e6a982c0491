// SPDX-License-Identifier: MIT
#include "host/physical_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

constexpr const char* kDevice = "/dev/mem";

const char* hint_for(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "run as root with CAP_SYS_RAWIO and without kernel lockdown (Secure Boot)";
    case ENOENT:
    case ENXIO:
      return "the kernel needs CONFIG_DEVMEM and /dev must be mounted";
    default:
      return "";
  }
}

bool allowed(std::uint32_t address, std::uint32_t bytes, PhysicalMapping::Access access) {
  const bool exchange = address == abi::kExchangeBase && bytes == abi::kExchangeBytes;
  const bool page_zero = address == 0 && bytes == abi::kPageBytes;
  return exchange || (page_zero && access == PhysicalMapping::Access::kRead);
}

}  // namespace

Result<PhysicalMapping> PhysicalMapping::map(const System& system, std::uint32_t address, std::uint32_t bytes,
                                             Access access) {
  const std::string subject = fmt::format("{} at {:#x}, {:#x} bytes", kDevice, address, bytes);
  if (!allowed(address, bytes, access)) {
    return fail(ErrorCode::kInvalid, "only the exchange and page 0 may be mapped", subject);
  }
  const bool write = access == Access::kReadWrite;
  // No O_SYNC: it would make the mapping uncached.
  auto fd = system.open(kDevice, write ? O_RDWR : O_RDONLY);
  if (!fd) {
    Error error = std::move(fd).error();
    error.hint = hint_for(error.system_errno);
    return Failure(std::move(error));
  }
  void* start = ::mmap(nullptr, bytes, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd->get(),
                       static_cast<off_t>(address));
  if (start == MAP_FAILED) {  // NOLINT(performance-no-int-to-ptr): the C macro
    const int error = errno;
    return fail(ErrorCode::kSystem, "cannot map physical memory", subject, hint_for(error), error);
  }
  return PhysicalMapping({static_cast<std::byte*>(start), bytes});
}

PhysicalMapping::PhysicalMapping(PhysicalMapping&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

PhysicalMapping& PhysicalMapping::operator=(PhysicalMapping&& other) noexcept {
  if (this != &other) {
    unmap();
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

PhysicalMapping::~PhysicalMapping() {
  unmap();
}

void PhysicalMapping::unmap() {
  if (!bytes_.empty()) {
    ::munmap(bytes_.data(), bytes_.size());
  }
}

Result<ExchangeMemory> ExchangeMemory::open(const System& system) {
  KJUMP_TRY(PhysicalMapping mapping, PhysicalMapping::map(system, abi::kExchangeBase, abi::kExchangeBytes,
                                                          PhysicalMapping::Access::kReadWrite));
  return ExchangeMemory(std::move(mapping));
}

ExchangeMemory::ExchangeMemory(PhysicalMapping mapping) : mapping_(std::move(mapping)), before_(read()) {}

ExchangeMemory::~ExchangeMemory() {
  if (!before_.empty()) {  // moved from
    write(before_);
  }
}

void ExchangeMemory::write(std::span<const std::byte> content) {
  const std::span<std::byte> memory = mapping_.bytes();
  std::memcpy(memory.data(), content.data(), std::min(content.size(), memory.size()));
}

std::vector<std::byte> ExchangeMemory::read() const {
  const std::span<std::byte> memory = mapping_.bytes();
  return {memory.begin(), memory.end()};
}

}  // namespace kjump
