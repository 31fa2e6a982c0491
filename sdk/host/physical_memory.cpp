// SPDX-License-Identifier: MIT
#include "host/physical_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/layout.hpp>

namespace kjump {
namespace {

constexpr const char* kDevice = "/dev/mem";

using Page = std::array<std::byte, abi::kPageBytes>;
constexpr Page kZeros{};

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
  const bool conventional =
      bytes != 0 && address < abi::kConventionalEnd && bytes <= abi::kConventionalEnd - address;
  return conventional && (access == PhysicalMapping::Access::kRead || address >= abi::kPageBytes);
}

// Only one session exists at a time, so that an exchange which is there before it is a left-over.
bool is_ours(std::span<const std::byte> memory) {
  return memory.size() >= sizeof(abi::kExchangeMagic) &&
         std::memcmp(memory.data(), &abi::kExchangeMagic, sizeof(abi::kExchangeMagic)) == 0;
}

}  // namespace

Result<PhysicalMapping> PhysicalMapping::map(const System& system, std::uint32_t address, std::uint32_t bytes,
                                             Access access) {
  const std::string subject = fmt::format("{} at {:#x}, {:#x} bytes", kDevice, address, bytes);
  if (!allowed(address, bytes, access)) {
    return fail(ErrorCode::kInvalid, "only conventional memory may be mapped, page 0 only for reading",
                subject);
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

ExchangeMemory::ExchangeMemory(PhysicalMapping mapping) : mapping_(std::move(mapping)) {
  std::span<const std::byte> memory = bytes();
  if (is_ours(memory)) {
    return;  // of a kjump that was killed: nobody else's, and nothing to bring back
  }
  while (!memory.empty() &&
         std::memcmp(memory.last(kZeros.size()).data(), kZeros.data(), kZeros.size()) == 0) {
    memory = memory.first(memory.size() - kZeros.size());
  }
  before_.assign(memory.begin(), memory.end());
}

ExchangeMemory::~ExchangeMemory() {
  write(before_);  // nothing after a move: the mapping has gone
}

void ExchangeMemory::write(std::span<const std::byte> content) {
  // Nearly all of it is zero before, during and after: comparing is cheaper than writing.
  std::span<std::byte> memory = mapping_.bytes();
  while (!memory.empty()) {
    const std::size_t given = std::min(content.size(), kZeros.size());
    Page mixed;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled where it is used
    const std::byte* wanted = given == 0 ? kZeros.data() : content.data();
    if (given != 0 && given < kZeros.size()) {
      mixed = kZeros;
      std::memcpy(mixed.data(), content.data(), given);
      wanted = mixed.data();
    }
    if (std::memcmp(memory.data(), wanted, kZeros.size()) != 0) {
      std::memcpy(memory.data(), wanted, kZeros.size());
    }
    content = content.subspan(given);
    memory = memory.subspan(kZeros.size());
  }
}

}  // namespace kjump
