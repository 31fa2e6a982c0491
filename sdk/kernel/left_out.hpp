// SPDX-License-Identifier: MIT
/// What makedumpfile left out of a dump, judged from the dump alone: can the kernel go on without it?
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <kjump/result.hpp>

#include "kernel/dump.hpp"
#include "kernel/dump_survey.hpp"

namespace kjump::two_kernels {

/// Zero pages and free ones may be missing. The compressed format says which level it was taken with. ELF
/// does not, and keeps pages that it was told to leave out where they are few: only a run of 256 of them and
/// more is left out (makedumpfile's PFN_EXCLUDED), from one page that it keeps to the next. So a page right
/// beside such a run is of a kind that is kept, and pages of its kind that are missing were zero.
class LeftOutPages {
 public:
  /// All pages that the dump is about, in order.
  void add(std::uint64_t frame, PageKind kind, bool there);
  /// Refuses a dump in which pages are missing of a kind of which nothing shows that it was kept.
  [[nodiscard]] Result<void> judge(const std::string& subject) const;

  static constexpr std::uint64_t kRun = 256;

 private:
  [[nodiscard]] bool kept(PageKind kind) const;

  struct Kind {
    std::uint64_t left_out = 0;
    bool beside_run = false;
  };
  std::array<Kind, kPageKinds> kinds_{};
  std::uint64_t next_ = 0;          ///< the frame that goes on from the last one
  std::uint64_t run_ = 0;           ///< pages missing right before it
  std::optional<PageKind> before_;  ///< of the page before the run; none: memory begins with it
};

/// A kernel can go on from this dump.
[[nodiscard]] Result<void> check_left_out(Dump& dump);

}  // namespace kjump::two_kernels
