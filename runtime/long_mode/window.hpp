// SPDX-License-Identifier: MIT
/// The window: pages from anywhere in physical memory that a long-mode payload sees in one piece, for what
/// must not be scattered. Empty at the beginning of every jump.
#pragma once

#include <stdint.h>

namespace kjump {

/// Above every address that there is RAM at, in a part of the address space that nothing else is mapped in.
inline constexpr uint64_t kWindowBase = uint64_t{1} << 46;

/// The page becomes the window's next one, or one of the page tables that it takes. Its content is not kept.
void add_to_window(uint64_t page);
void close_window();
/// Pages that can be used, from kWindowBase on.
[[nodiscard]] uint64_t window_pages();

/// Memory that lies together in physical memory, too.
struct PhysicalRun {
  uint64_t address;  ///< physical: what a device understands
  uint64_t bytes;
};
/// Where memory begins, and how much of it lies together. What is not in the window is at its own address.
[[nodiscard]] PhysicalRun physical_run(uint64_t address, uint64_t bytes);

// For the page-fault handler (demand_map.cpp).
inline constexpr uint32_t kWindowSlot = kWindowBase >> 39;  ///< in the top-level table
struct WindowTables {
  uint64_t root;   ///< physical address of the table below the top-level one; 0: there is none
  uint64_t pages;  ///< that can be used
};
extern WindowTables window;

}  // namespace kjump
