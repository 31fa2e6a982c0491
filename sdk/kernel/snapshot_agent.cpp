// SPDX-License-Identifier: MIT
#include "kernel/snapshot_agent.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "hibernate/vmcoreinfo.hpp"
#include "image/core_file.hpp"
#include "kernel/dump_survey.hpp"
#include "kernel/kdump_writer.hpp"
#include "kernel/low_area.hpp"
#include "kernel/second_kernel.hpp"
#include "kernel/snapshot_store.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr const char* kCore = "/proc/vmcore";
constexpr std::uint64_t kDumpedPage = abi::kPageBytes;

void set_bits(std::vector<std::byte>& bits, std::uint64_t frame, std::uint64_t frames, bool value) {
  constexpr std::uint64_t kByteBits = 8;
  for (std::uint64_t at = frame; at < frame + frames; ++at) {
    std::byte& byte = bits[static_cast<std::size_t>(at / kByteBits)];
    const auto bit = static_cast<std::byte>(1U << at % kByteBits);
    byte = value ? byte | bit : byte & ~bit;
  }
}

/// The registers are those of this jump; the kernel's own copy of the notes is of the first one.
std::string notes_of(const format::HandOff& page, const std::string& vmcoreinfo) {
  std::array<std::byte, core_file::kStatusBytes> status{};
  constexpr std::uint32_t kPid = 1;
  std::memcpy(status.data() + core_file::kStatusPid, &kPid, sizeof kPid);
  std::memcpy(status.data() + core_file::kStatusRegisters, &page.kernels[0].frame,
              core_file::kRegistersBytes);
  std::vector<std::byte> notes;
  core_file::append_note(notes, core_file::kStatusName, NT_PRSTATUS, status);
  core_file::append_note(notes, core_file::kVmcoreinfoName, 0, std::as_bytes(std::span(vmcoreinfo)));
  return {reinterpret_cast<const char*>(notes.data()), notes.size()};
}

/// What is written: all memory but free pages.
struct Selection {
  KdumpPlan plan;
  std::uint64_t free_pages = 0;
};

Result<Selection> select_pages(Dump& dump, const format::HandOff& page, std::uint64_t now) {
  const DumpFacts& facts = dump.facts();
  Selection selection;
  KdumpPlan& plan = selection.plan;
  KJUMP_TRY(const hibernate::Vmcoreinfo info, hibernate::Vmcoreinfo::parse(facts.vmcoreinfo));
  plan.release = facts.release;
  plan.vmcoreinfo = facts.vmcoreinfo;
  plan.notes = notes_of(page, facts.vmcoreinfo);
  plan.phys_base = static_cast<std::uint64_t>(info.number("phys_base").value_or(0));
  plan.level = kLeavesOutZero | kLeavesOutFree;
  plan.seconds = now;
  plan.frames = facts.memory.back().end() / kDumpedPage;
  plan.memory.resize(static_cast<std::size_t>((plan.frames + 7) / 8));
  for (const MemoryPiece& piece : facts.memory) {
    set_bits(plan.memory, piece.base / kDumpedPage, piece.bytes / kDumpedPage, true);
  }
  plan.there = plan.memory;
  KJUMP_CHECK(survey_dump(dump, [&](std::uint64_t frame, std::uint64_t frames, PageKind kind) {
    if (kind == PageKind::kFree) {
      set_bits(plan.there, frame, frames, false);
      selection.free_pages += frames;
    }
  }));
  return selection;
}

Result<void> write_pages(Dump& dump, const std::vector<std::byte>& there, KdumpWriter& writer) {
  constexpr std::uint64_t kAtOnce = 256;
  std::vector<std::byte> content(static_cast<std::size_t>(kAtOnce * kDumpedPage));
  const auto is_there = [&there](std::uint64_t frame) {
    return (static_cast<unsigned>(there[static_cast<std::size_t>(frame / 8)]) >> frame % 8 & 1U) != 0;
  };
  for (const MemoryPiece& piece : dump.facts().memory) {
    const std::uint64_t end = piece.end() / kDumpedPage;
    for (std::uint64_t frame = piece.base / kDumpedPage; frame < end;) {
      std::uint64_t run = 0;
      while (run < kAtOnce && frame + run < end && is_there(frame + run)) {
        ++run;
      }
      const auto bytes = std::span(content).first(static_cast<std::size_t>(run * kDumpedPage));
      KJUMP_CHECK(run == 0 ? Result<void>() : dump.read(frame * kDumpedPage, bytes));
      for (std::uint64_t i = 0; i < run; ++i) {
        KJUMP_CHECK(writer.page(bytes.subspan(static_cast<std::size_t>(i * kDumpedPage), kDumpedPage)));
      }
      frame += std::max<std::uint64_t>(run, 1);
    }
  }
  return {};
}

/// Disks show up some time after the kernel has begun.
Result<SnapshotStore> wait_for_store(const System& system, const format::SnapshotJob& job) {
  constexpr int kTries = 100;
  constexpr std::uint64_t kTenth = 100'000'000;
  for (int i = 0;; ++i) {
    auto store = SnapshotStore::find(system, job.disk_sectors, job.sector, job.id);
    if (store || i == kTries) {
      return store;
    }
    system.sleep_ns(kTenth);
  }
}

void answer(System& system, const Result<SnapshotEntry>& saved) {
  auto area = LowArea::open(system);
  if (!area) {
    return;
  }
  format::HandOff page = area->page();
  page.snapshot.state =
      static_cast<std::uint32_t>(saved ? format::SnapshotState::kDone : format::SnapshotState::kFailed);
  page.snapshot.number = saved ? saved->number : 0;
  std::memset(page.snapshot.trouble, 0, sizeof page.snapshot.trouble);
  if (!saved) {
    saved.error().text().copy(std::begin(page.snapshot.trouble), std::size(page.snapshot.trouble) - 1);
  }
  area->set_page(page);
}

void prepare_system() {
  for (const char* directory : {"/proc", "/sys", "/dev", "/run", "/tmp"}) {
    ::mkdir(directory, 0755);
  }
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
  const int console = ::open("/dev/console", O_RDWR);
  for (int fd = 0; console >= 0 && fd <= STDERR_FILENO; ++fd) {
    ::dup2(console, fd);
  }
}

}  // namespace

Result<SnapshotEntry> save_first_kernel(const System& system, const format::HandOff& page) {
  const std::uint64_t begin = system.monotonic_ns();
  KJUMP_TRY(SnapshotStore store, wait_for_store(system, page.snapshot));
  KJUMP_TRY(const std::unique_ptr<Dump> dump, open_dump(kCore));
  SnapshotEntry entry{};
  entry.taken_at = system.wall_seconds();
  KJUMP_TRY(Selection selection, select_pages(*dump, page, entry.taken_at));
  const std::vector<std::byte> there = selection.plan.there;
  const std::uint64_t first = store.next_block();
  const std::uint64_t room = store.room_blocks() * kSnapshotBlock;
  KJUMP_TRY(KdumpWriter writer,
            KdumpWriter::begin(
                [&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
                  if (offset > room || bytes.size() > room - offset) {
                    return fail(ErrorCode::kLimit, "there is no room left for another snapshot",
                                fmt::format("{} MiB are", room >> 20U), "begin another series with --anew");
                  }
                  return store.write(first + offset / kSnapshotBlock, bytes);
                },
                std::move(selection.plan)));
  KJUMP_CHECK(write_pages(*dump, there, writer));
  KJUMP_TRY(entry.bytes, writer.finish());
  constexpr std::uint64_t kMicrosecond = 1000;
  entry.microseconds = (system.monotonic_ns() - begin) / kMicrosecond;
  entry.pages = dump->facts().pages;
  entry.free_pages = selection.free_pages;
  entry.zero_pages = writer.zero_pages();
  entry.memory_base = page.memory_base;
  entry.memory_bytes = page.memory_bytes;
  dump->facts().release.copy(std::begin(entry.release), std::size(entry.release) - 1);
  return store.add(entry);
}

Result<void> run_snapshot_agent(System& system) {
  prepare_system();
  for (;;) {
    KJUMP_TRY(const format::HandOff page, page_in_second(system));
    if (page.snapshot.state == static_cast<std::uint32_t>(format::SnapshotState::kAsked)) {
      answer(system, save_first_kernel(system, page));
    }
    KJUMP_CHECK(go_back(system));
  }
}

}  // namespace kjump::two_kernels
