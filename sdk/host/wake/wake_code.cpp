// SPDX-License-Identifier: MIT
#include "host/wake/wake_code.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include <kjump/abi/layout.hpp>

#include "host/physical_memory.hpp"

namespace kjump {
namespace {

constexpr std::uint32_t kSignature = 0x51EE1111;  // struct wakeup_header ends in it
constexpr std::uint32_t kSignatureOffset = 56;
// real_mode_header, a table of dwords, opens the kernel's block.
constexpr std::uint32_t kHeaderBytes = 128;
constexpr std::uint8_t kCli = 0xFA;
constexpr std::uint8_t kCld = 0xFC;
constexpr std::uint8_t kFarJump = 0xEA;

class Memory {
 public:
  Memory(std::span<const std::byte> bytes, std::uint32_t base) : bytes_(bytes), base_(base) {}

  template <typename T>
  [[nodiscard]] std::optional<T> at(std::uint32_t address) const {
    const std::uint64_t offset = std::uint64_t{address} - base_;
    if (address < base_ || offset + sizeof(T) > bytes_.size()) {
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::uint32_t begin() const { return base_; }
  [[nodiscard]] std::uint32_t end() const { return base_ + static_cast<std::uint32_t>(bytes_.size()); }

 private:
  std::span<const std::byte> bytes_;
  std::uint32_t base_;
};

// cli; cld; ljmpw into the same block: `FA FC EA offset segment`. The segment is the block's.
std::optional<WakeCode> code_at(const Memory& memory, std::uint32_t address) {
  struct [[gnu::packed]] Start {
    std::uint8_t cli, cld, far_jump;
    std::uint16_t offset, segment;
  };
  const auto start = memory.at<Start>(address);
  if (!start || start->cli != kCli || start->cld != kCld || start->far_jump != kFarJump) {
    return std::nullopt;
  }
  const std::uint32_t block = std::uint32_t{start->segment} << 4U;
  const std::uint32_t target = block + start->offset;
  if (block > address || target <= address || target - address > abi::kPageBytes) {
    return std::nullopt;
  }
  return WakeCode{address, block, *memory.at<WakeJump>(address)};
}

// real_mode_header holds wakeup_start, then wakeup_header, as linear addresses.
std::optional<WakeCode> code_of(const Memory& memory, std::uint32_t wakeup_header) {
  const std::uint32_t lowest = wakeup_header < abi::kRealBytes ? 0 : wakeup_header - abi::kRealBytes;
  // Blocks are page-aligned; the header's own is the nearest one below that points at it.
  for (std::uint32_t block = wakeup_header & ~(abi::kPageBytes - 1);
       block >= lowest && block >= memory.begin(); block -= abi::kPageBytes) {
    for (std::uint32_t entry = block + 4; entry < block + kHeaderBytes; entry += 4) {
      if (memory.at<std::uint32_t>(entry) != wakeup_header) {
        continue;
      }
      const auto start = memory.at<std::uint32_t>(entry - 4);
      const auto code = start ? code_at(memory, *start) : std::nullopt;
      if (code && code->block == block) {
        return code;
      }
    }
    if (block == 0) {
      break;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<WakeCode> find_wake_code(std::span<const std::byte> memory_bytes, std::uint32_t base) {
  const Memory memory(memory_bytes, base);
  bool signature = false;
  // From the top down: the kernel allocates there, and a former kernel's leftover may lie below.
  for (std::uint32_t address = memory.end() & ~3U; address >= base + kSignatureOffset; address -= 4) {
    if (memory.at<std::uint32_t>(address) != kSignature) {
      continue;
    }
    signature = true;
    if (const auto code = code_of(memory, address - kSignatureOffset)) {
      return *code;
    }
  }
  return fail(
      ErrorCode::kUnsupported,
      signature ? "the kernel's wake-up code has an unknown form" : "there is no wake-up code in low memory",
      fmt::format("{:#x}-{:#x}", memory.begin(), memory.end() - 1),
      signature ? "report this kernel's version" : "use a kernel with CONFIG_ACPI_SLEEP");
}

Result<WakeCode> find_wake_code(const System& system) {
  KJUMP_TRY(const PhysicalMapping low,
            PhysicalMapping::map(system, abi::kPageBytes, abi::kConventionalEnd - abi::kPageBytes,
                                 PhysicalMapping::Access::kRead));
  return find_wake_code(low.bytes(), abi::kPageBytes);
}

WakeJump jump_to(std::uint32_t wake_entry) {
  const auto offset = static_cast<std::uint16_t>(wake_entry - abi::kRealBase);
  return {kFarJump, static_cast<std::uint8_t>(offset & 0xFFU), static_cast<std::uint8_t>(offset >> 8U),
          static_cast<std::uint8_t>(abi::kRealSegment & 0xFFU),
          static_cast<std::uint8_t>(abi::kRealSegment >> 8U)};
}

}  // namespace kjump
