// SPDX-License-Identifier: MIT
// Copying a kernel from its dump to where it was.
#include "kernel/restore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <kjump/abi/hibernate/kernel.hpp>

#include "kernel/low_area.hpp"
#include "kernel/machine_facts.hpp"
#include "kernel/reserved_place.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr std::uint64_t kPieceAtOnce = std::uint64_t{16} << 20;
constexpr std::byte kPoison{0xAA};  // include/linux/poison.h: PAGE_POISON

/// Calls each(piece, done) for parts of all pieces, in order.
template <typename Each>
Result<void> for_each_part(const std::vector<MemoryPiece>& pieces, const Each& each) {
  std::uint64_t done = 0;
  for (const MemoryPiece& piece : pieces) {
    for (std::uint64_t at = piece.base; at < piece.end();) {
      const MemoryPiece part{at, std::min(kPieceAtOnce - at % kPieceAtOnce, piece.end() - at)};
      KJUMP_CHECK(each(part, done));
      done += part.bytes;
      at = part.end();
    }
  }
  return {};
}

class Restorer {
 public:
  Restorer(System& system, Dump& dump, RestorePlan plan, const Progress& progress)
      : system_(system), dump_(dump), plan_(std::move(plan)), progress_(progress) {
    for (const MemoryPiece& piece : plan_.pieces) {
      bytes_ += piece.bytes;
    }
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Every byte can be read, and goes where it may be written.
  Result<void> check() {
    std::vector<std::byte> content(static_cast<std::size_t>(kPieceAtOnce));
    return for_each_part(plan_.pieces, [&](const MemoryPiece& part, std::uint64_t done) -> Result<void> {
      tell("checking the dump", done);
      KJUMP_TRY(const ReservedMapping memory, ReservedMapping::map(system_, part));
      return dump_.read(part.base, std::span(content).first(static_cast<std::size_t>(part.bytes)));
    });
  }

  Result<void> write() {
    const bool poison =
        plan_.page.machine.free_fill == static_cast<std::uint32_t>(abi::hibernate::FreeFill::kPoison);
    return for_each_part(plan_.pieces, [&](const MemoryPiece& part, std::uint64_t done) -> Result<void> {
      tell("restoring memory", done);
      KJUMP_TRY(const ReservedMapping memory, ReservedMapping::map(system_, part));
      KJUMP_CHECK(dump_.read(part.base, memory.bytes()));
      if (poison) {
        fill_free(part, memory.bytes());
      }
      return {};
    });
  }

 private:
  // plan_restore() has made sure that pages are left out for being free only.
  void fill_free(const MemoryPiece& part, std::span<std::byte> memory) {
    for (std::uint64_t at = 0; at < part.bytes; at += abi::kPageBytes) {
      if (!dump_.has_page((part.base + at) / abi::kPageBytes)) {
        std::fill_n(memory.begin() + static_cast<std::ptrdiff_t>(at), abi::kPageBytes, kPoison);
      }
    }
  }

  void tell(const char* what, std::uint64_t done) const {
    if (progress_ && bytes_ != 0) {
      constexpr std::uint64_t kPercent = 100;
      progress_(fmt::format("{}: {} %", what, done * kPercent / bytes_));
    }
  }

  System& system_;
  Dump& dump_;
  RestorePlan plan_;
  const Progress& progress_;
  std::uint64_t bytes_ = 0;
};

/// Who restores. A restore that failed half way may be tried again: then nobody waits any more.
Result<RestorePlace> this_place(const System& system, const LowArea& area) {
  RestorePlace place;
  place.page = area.page();
  if (system.read_line("/proc/cmdline").find(kBackEntryOption) == std::string::npos ||
      !is_hand_off(place.page)) {
    return fail(
        ErrorCode::kInvalid, "this kernel was not started by another one", "/proc/cmdline",
        "boot any kernel with maxcpus=1, and start this one with kjump kernel run --at ADDRESS, where "
        "kjump kernel params says for the dump (docs/two-kernels.md)");
  }
  place.processors = read_machine_facts(system).processors;
  return place;
}

}  // namespace

Result<RestoreReport> restore_kernel(System& system, std::unique_ptr<Dump> dump, const Progress& progress) {
  KJUMP_TRY(LowArea area, LowArea::open(system));
  KJUMP_TRY(const RestorePlace place, this_place(system, area));
  KJUMP_TRY(const RestorePlan plan, plan_restore(*dump, place));
  RestoreReport report;
  constexpr std::uint64_t kMicrosecond = 1000;
  const std::uint64_t begin = system.monotonic_ns();
  Restorer restorer(system, *dump, plan, progress);
  KJUMP_CHECK(restorer.check());
  const std::uint64_t checked = system.monotonic_ns();

  // From here on the kernel that has started this one is no more.
  format::HandOff page = place.page;
  page.kernels[0].presence = static_cast<std::uint32_t>(format::Presence::kNone);
  area.set_page(page);
  if (const auto written = restorer.write(); !written) {
    Error error = written.error();
    error.hint =
        "a part of memory is overwritten already: restore again, from here, or start the machine anew";
    return Failure(std::move(error));
  }
  page = plan.page;
  page.kernels[1].presence = static_cast<std::uint32_t>(format::Presence::kRuns);
  if (page.snapshot.state == static_cast<std::uint32_t>(format::SnapshotState::kAsked)) {
    page.snapshot.state = static_cast<std::uint32_t>(format::SnapshotState::kRestored);
  }
  area.set_page(page);
  report.page = page;
  report.dump = dump->facts();
  report.bytes = restorer.bytes();
  report.microseconds_checking = (checked - begin) / kMicrosecond;
  report.microseconds_writing = (system.monotonic_ns() - checked) / kMicrosecond;
  return report;
}

}  // namespace kjump::two_kernels
