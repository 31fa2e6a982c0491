// SPDX-License-Identifier: MIT
/// The area in low memory that two kernels share (abi/two_kernels.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/physical_memory.hpp"
#include "host/system.hpp"

namespace kjump::two_kernels {

class LowArea {
 public:
  /// Refused where firmware leaves too little conventional memory: the kernel's start-up code for processors,
  /// just below firmware's data, must not be where the second kernel has its own.
  [[nodiscard]] static Result<LowArea> open(const System& system);

  [[nodiscard]] abi::two_kernels::HandOff page() const;
  void set_page(const abi::two_kernels::HandOff& page);
  /// Writes at a physical address of the area; what does not fit is a mistake of the caller's.
  void write(std::uint32_t address, std::span<const std::byte> bytes);

 private:
  explicit LowArea(PhysicalMapping mapping) : mapping_(std::move(mapping)) {}

  PhysicalMapping mapping_;
};

/// The page holds a pair's records.
[[nodiscard]] bool is_hand_off(const abi::two_kernels::HandOff& page);

/// NUL-terminated text that another kernel may have written.
[[nodiscard]] std::string text_of_field(std::span<const char> field);

/// Was this kernel started by another one's kjump, which waits? Its hand-off page then.
[[nodiscard]] Result<abi::two_kernels::HandOff> page_in_second(const System& system);

/// What the one who starts a kernel appends to its command line, before 16 digits.
inline constexpr const char* kBackEntryOption = "kexec_jump_back_entry=0x";

/// How it is told where core_header()'s header lies.
inline constexpr const char* kCoreHeaderOption = "elfcorehdr=";

}  // namespace kjump::two_kernels
