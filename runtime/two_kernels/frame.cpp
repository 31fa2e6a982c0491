// SPDX-License-Identifier: MIT
// relocate_kernel (arch/x86/kernel/relocate_kernel_64.S) pushes what a function must not change, keeps RSP
// and the control registers in the control page, and calls the image from there. The stack is the kernel's,
// by a virtual address.
#include "two_kernels/frame.hpp"

#include <kjump/abi/processor.hpp>

#include "memory/high_window.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr uint64_t kPageMask = abi::kPageBytes - 1;
constexpr uint64_t kAddressMask = 0x000F'FFFF'FFFF'F000;  // of an entry, and of CR3
constexpr uint64_t kPresent = 1;
constexpr uint64_t kLeaf = 1u << 7;  // page size
constexpr uint32_t kPageShift = 12;
constexpr uint32_t kLevelBits = 9;
constexpr uint32_t kLevels = 4;

/// What relocate_kernel has pushed, the last first.
struct Pushed {
  uint64_t rflags, r15, r14, r13, r12, rbp, rbx;
  uint64_t return_address;
};

/// The physical address behind a virtual one. False: there is none, or its tables are out of reach.
bool translate(const format::ControlData& control, uint64_t virtual_address, uint64_t& physical_address) {
  uint64_t entry = control.cr3;
  const uint32_t levels = kLevels + ((control.cr4 & abi::kCr4La57) != 0 ? 1 : 0);
  for (uint32_t level = levels; level-- > 0;) {
    const uint32_t shift = kPageShift + level * kLevelBits;
    const uint64_t index = virtual_address >> shift & ((1u << kLevelBits) - 1);
    if (!copy_from_anywhere(&entry, (entry & kAddressMask) + index * sizeof entry, sizeof entry) ||
        (entry & kPresent) == 0) {
      return false;
    }
    if (level == 0 || (level < 3 && (entry & kLeaf) != 0)) {
      const uint64_t within = (uint64_t{1} << shift) - 1;
      physical_address = (entry & kAddressMask & ~within) | (virtual_address & within);
      return true;
    }
  }
  return false;
}

bool is_kernel_address(uint64_t address) {
  return address >> 63 != 0 && address % sizeof address == 0;
}

/// The same paging as at the image's entry, which the kernel does not change on its way.
bool is_plausible(const format::ControlData& control, const abi::EntryState& entry) {
  constexpr uint64_t kModes = abi::kCr0Paging | abi::kCr0ProtectionEnable;
  return (control.cr0 & kModes) == kModes && (control.cr4 & abi::kCr4Pae) != 0 &&
         ((control.cr4 ^ entry.cr4) & abi::kCr4La57) == 0 && control.tables == (entry.cr3 & kAddressMask) &&
         is_kernel_address(control.rsp);
}

bool read_pushed(const format::ControlData& control, Pushed& pushed) {
  auto* words = reinterpret_cast<uint64_t*>(&pushed);
  for (uint32_t i = 0; i < sizeof pushed / sizeof *words; ++i) {  // they may lie on two pages
    uint64_t address = 0;
    if (!translate(control, control.rsp + i * sizeof *words, address) ||
        !copy_from_anywhere(&words[i], address, sizeof *words)) {
      return false;
    }
  }
  return pushed.return_address >> 63 != 0;
}

}  // namespace

void read_frame(format::KernelRecord& record) {
  const abi::EntryState& entry = record.entry;
  record.frame_known = 0;
  record.frame = {};
  record.control = {};
  record.control_page = entry.return_address & ~kPageMask;
  const bool from_long_mode = (entry.efer & abi::kEferLongModeActive) != 0;
  Pushed pushed{};
  if (entry.door != static_cast<uint8_t>(abi::Door::kKexec) || !from_long_mode ||
      !copy_from_anywhere(&record.control, record.control_page + format::kControlDataOffset,
                          sizeof record.control) ||
      !is_plausible(record.control, entry) || !read_pushed(record.control, pushed)) {
    return;
  }
  format::FrameRegisters& frame = record.frame;
  frame.r15 = pushed.r15;
  frame.r14 = pushed.r14;
  frame.r13 = pushed.r13;
  frame.r12 = pushed.r12;
  frame.rbp = pushed.rbp;
  frame.rbx = pushed.rbx;
  frame.rip = pushed.return_address;
  frame.rsp = record.control.rsp + sizeof pushed;
  frame.rflags = pushed.rflags;
  frame.cs = entry.cs;
  frame.ss = entry.ss;
  frame.fs_base = entry.fs_base;
  frame.gs_base = entry.gs_base;
  frame.ds = entry.ds;
  frame.es = entry.es;
  frame.fs = entry.fs;
  frame.gs = entry.gs;
  record.frame_known = 1;
}

}  // namespace kjump::two_kernels
