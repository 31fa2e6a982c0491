// SPDX-License-Identifier: MIT
#include "kernel/left_out.hpp"

#include <fmt/format.h>

namespace kjump::two_kernels {
namespace {

constexpr const char* kHint =
    "take it with makedumpfile -c -d 17 (zero and free pages only), or cp /proc/vmcore";

constexpr std::array<const char*, kPageKinds> kNames{"free pages", "pages of the page cache",
                                                     "private pages of the page cache", "pages of processes",
                                                     "pages of the kernel"};

}  // namespace

void LeftOutPages::add(std::uint64_t frame, PageKind kind, bool there) {
  if (frame != next_) {
    run_ = 0;
    before_.reset();
  }
  next_ = frame + 1;
  Kind& own = kinds_.at(static_cast<std::size_t>(kind));
  if (there) {
    own.beside_run = own.beside_run || run_ >= kRun;
    run_ = 0;
    before_ = kind;
    return;
  }
  ++own.left_out;
  if (++run_ == kRun && before_) {
    kinds_.at(static_cast<std::size_t>(*before_)).beside_run = true;
  }
}

// Of the page cache, what leaves out private pages leaves out the others, too.
bool LeftOutPages::kept(PageKind kind) const {
  const auto beside_run = [this](PageKind which) {
    return kinds_.at(static_cast<std::size_t>(which)).beside_run;
  };
  return beside_run(kind) || (kind == PageKind::kPrivateCache && beside_run(PageKind::kCache));
}

Result<void> LeftOutPages::judge(const std::string& subject) const {
  // Free pages may go, and of the kernel's own pages there is no option that leaves out more than zeros.
  for (const PageKind kind : {PageKind::kCache, PageKind::kPrivateCache, PageKind::kUser}) {
    const auto index = static_cast<std::size_t>(kind);
    if (kinds_.at(index).left_out != 0 && !kept(kind)) {
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("{} {} were left out of the dump, and nothing shows that only zeros were: no kernel "
                      "can go on from it",
                      kinds_.at(index).left_out, kNames.at(index)),
          subject, kHint);
    }
  }
  return {};
}

Result<void> check_left_out(Dump& dump) {
  const DumpFacts& facts = dump.facts();
  constexpr std::uint32_t kAllowed = kLeavesOutZero | kLeavesOutFree;
  if (facts.level && (*facts.level & ~kAllowed) != 0) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the dump was taken with makedumpfile -d {}: no kernel can go on from it", *facts.level),
        dump_format_name(facts.format),
        "take it with -d 17 or less of it (1: zero pages, 16: free ones), or cp /proc/vmcore");
  }
  if (facts.level || facts.pages == facts.pages_there) {
    return {};
  }
  LeftOutPages left_out;
  KJUMP_CHECK(survey_dump(dump, [&](std::uint64_t frame, std::uint64_t frames, PageKind kind) {
    for (std::uint64_t i = 0; i < frames; ++i) {
      left_out.add(frame + i, kind, dump.has_page(frame + i));
    }
  }));
  return left_out.judge(dump_format_name(facts.format));
}

}  // namespace kjump::two_kernels
