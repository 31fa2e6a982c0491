// SPDX-License-Identifier: MIT
/// A look at all of memory from user space, as the save payload will see it: how many pages it leaves out,
/// and how small the others become (hibernation.md H13). The machine goes on running, so it is an estimate.
#pragma once

#include <cstdint>
#include <vector>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

struct MemorySurvey {
  std::uint64_t pages = 0;
  std::uint64_t free_pages = 0;            ///< of the buddy allocator
  std::uint64_t skipped_pages = 0;         ///< offline or poisoned
  std::vector<std::uint64_t> free_blocks;  ///< by order
  std::uint64_t sampled_pages = 0;         ///< of those in use
  std::uint64_t sampled_zero = 0;
  std::uint64_t sampled_stored = 0;  ///< bytes that those that are not zero would take

  [[nodiscard]] std::uint64_t used_pages() const { return pages - free_pages - skipped_pages; }
  /// Blocks of an image of it: as estimated, and at most.
  [[nodiscard]] std::uint64_t expected_blocks() const;
  [[nodiscard]] std::uint64_t most_blocks() const;
};

[[nodiscard]] Result<MemorySurvey> survey_memory(const System& system,
                                                 const abi::hibernate::KernelFacts& facts,
                                                 const std::vector<abi::hibernate::MemoryRange>& ranges);

}  // namespace kjump::hibernate
