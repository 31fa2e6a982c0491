// SPDX-License-Identifier: MIT
/// Low physical memory through /dev/mem, by mmap only: with STRICT_DEVMEM read() gives zeros and
/// write() is dropped for RAM below 1 MiB, while mmap shows the real page (kexec_jump.md 5).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump {

/// A mapped range of physical memory; unmapped at the end.
class PhysicalMapping {
 public:
  enum class Access { kRead, kReadWrite };

  /// Conventional memory only, and page 0 only for reading: this program has no business elsewhere.
  [[nodiscard]] static Result<PhysicalMapping> map(const System& system, std::uint32_t address,
                                                   std::uint32_t bytes, Access access);
  PhysicalMapping(PhysicalMapping&& other) noexcept;
  PhysicalMapping& operator=(PhysicalMapping&& other) noexcept;
  PhysicalMapping(const PhysicalMapping&) = delete;
  PhysicalMapping& operator=(const PhysicalMapping&) = delete;
  ~PhysicalMapping();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit PhysicalMapping(std::span<std::byte> bytes) : bytes_(bytes) {}
  void unmap();

  std::span<std::byte> bytes_;
};

/// The exchange. What lay there before comes back when the object goes, so that the machine is left
/// as it was; requests and replies that a killed kjump has left there do not.
class ExchangeMemory {
 public:
  [[nodiscard]] static Result<ExchangeMemory> open(const System& system);
  ExchangeMemory(ExchangeMemory&& other) noexcept = default;
  ExchangeMemory& operator=(ExchangeMemory&& other) = delete;
  ExchangeMemory(const ExchangeMemory&) = delete;
  ExchangeMemory& operator=(const ExchangeMemory&) = delete;
  ~ExchangeMemory();

  /// Makes it hold the content and zeros behind it; pages that do already are not written.
  void write(std::span<const std::byte> content);
  /// The memory itself, which a payload may have written anything into.
  [[nodiscard]] std::span<const std::byte> bytes() const { return mapping_.bytes(); }

 private:
  explicit ExchangeMemory(PhysicalMapping mapping);

  PhysicalMapping mapping_;
  std::vector<std::byte> before_;  ///< up to the last page that is not zero
};

}  // namespace kjump
