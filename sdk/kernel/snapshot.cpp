// SPDX-License-Identifier: MIT
#include "kernel/snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <sstream>
#include <utility>

#include "kernel/low_area.hpp"
#include "kernel/paths.hpp"
#include "kernel/registry.hpp"
#include "kernel/snapshot_agent.hpp"
#include "targets/linux_vm/cpio.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr const char* kSnapshotKernel = "snapshot";  // its name among the second kernels
constexpr const char* kInitrdPath = "/run/kjump/snapshot.cpio";

/// A file that goes away again.
class PassingFile {
 public:
  PassingFile(System& system, std::string path) : system_(system), path_(std::move(path)) {}
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  PassingFile(PassingFile&&) = delete;
  PassingFile& operator=(PassingFile&&) = delete;
  ~PassingFile() { system_.remove_file(path_); }

  Result<void> write(const std::vector<std::byte>& content) {
    KJUMP_CHECK(make_directories());
    return system_.replace_file(path_, {reinterpret_cast<const char*>(content.data()), content.size()});
  }

 private:
  System& system_;
  std::string path_;
};

Result<std::vector<std::byte>> initrd_with(const std::vector<std::byte>& program) {
  constexpr std::uint32_t kExecutable = 0755;
  targets::CpioWriter archive;
  KJUMP_CHECK(archive.add_file("/init", program, kExecutable));
  KJUMP_CHECK(archive.add_character_device("/dev/console", 5, 1));
  return std::move(archive).finish();
}

Result<std::string> kernel_file(const System& system, const std::string& asked) {
  if (!asked.empty()) {
    return asked;
  }
  const std::string release = system.kernel_names().release;
  for (const std::string& path :
       {"/boot/vmlinuz-" + release, "/lib/modules/" + release + "/vmlinuz", std::string("/boot/vmlinuz")}) {
    if (system.exists(path)) {
      return path;
    }
  }
  return fail(ErrorCode::kInvalid, "no kernel that could take a snapshot", "/boot/vmlinuz-" + release,
              "name one with --kernel: it needs CONFIG_KEXEC_JUMP, CONFIG_PROC_VMCORE and the disk's driver, "
              "all built in");
}

/// The second kernel says what it has to say where this one does.
std::string command_line_for(const System& system, const std::string& append) {
  std::string line = std::string("rdinit=/init no_console_suspend panic=10 ") + kSnapshotOption;
  std::istringstream words(system.read_line("/proc/cmdline"));
  for (std::string word; words >> word;) {
    if (word.starts_with("console=")) {
      line += " " + word;
    }
  }
  return append.empty() ? line : line + " " + append;
}

format::SnapshotJob job_for(const SnapshotStore& store) {
  format::SnapshotJob job{};
  job.state = static_cast<std::uint32_t>(format::SnapshotState::kAsked);
  job.id = store.index().id;
  job.disk_sectors = store.index().disk_sectors;
  job.sector = store.sector();
  return job;
}

Result<CrossingReport> start_for(System& system, const SnapshotOptions& options,
                                 const std::vector<std::byte>& program, const format::SnapshotJob& job) {
  StartOptions start;
  KJUMP_TRY(start.kernel, kernel_file(system, options.kernel));
  KJUMP_TRY(const std::vector<std::byte> initrd, initrd_with(program));
  PassingFile file(system, kInitrdPath);
  KJUMP_CHECK(file.write(initrd));
  start.initrd = kInitrdPath;
  start.append = command_line_for(system, options.append);
  start.memory_bytes = options.memory_bytes;
  start.place = options.place;
  start.name = kSnapshotKernel;
  start.snapshot = job;
  start.progress = options.progress;
  KJUMP_TRY(StartReport report, start_kernel(system, start));
  return std::move(report.crossing);
}

Result<CrossingReport> enter_for(System& system, const format::SnapshotJob& job) {
  const Registry registry(system);
  KJUMP_CHECK(adopt_page(system, registry));
  auto page = registry.page_of(kSnapshotKernel);
  if (!page) {
    return fail(ErrorCode::kInvalid, "the kernel that takes snapshots has never come back", kSnapshotKernel,
                "kjump kernel drop snapshot, and try again");
  }
  page->snapshot = job;
  KJUMP_CHECK(registry.put_page(kSnapshotKernel, *page));
  KJUMP_TRY(LowArea area, LowArea::open(system));
  if (area.page().id == page->id) {
    area.set_page(*page);  // enter_kernel() takes over what lies there
  }
  return enter_kernel(system, kSnapshotKernel);
}

Result<format::SnapshotJob> answer_of(const System& system, const std::string& to) {
  const auto page = Registry(system).page_of(kSnapshotKernel);
  if (!page || page->snapshot.state == static_cast<std::uint32_t>(format::SnapshotState::kAsked)) {
    return fail(ErrorCode::kGuest, "the kernel that takes snapshots came back without an answer", to,
                "kjump kernel drop snapshot, and try again");
  }
  if (page->snapshot.state == static_cast<std::uint32_t>(format::SnapshotState::kFailed)) {
    return fail(ErrorCode::kGuest, "no snapshot: " + text_of_field(page->snapshot.trouble), to,
                "this system goes on unharmed");
  }
  return page->snapshot;
}

}  // namespace

bool has_snapshot_kernel(const System& system) {
  return Registry(system).find(kSnapshotKernel).has_value();
}

Result<SnapshotReport> take_snapshot(System& system, const SnapshotOptions& options,
                                     const std::vector<std::byte>& program) {
  KJUMP_TRY(SnapshotStore store, SnapshotStore::prepare(system, options.to, options.how));
  KJUMP_CHECK(store.renew_id(system));
  const std::uint64_t before = store.snapshots().empty() ? 0 : store.snapshots().back().number;
  SnapshotReport report;
  report.started = !has_snapshot_kernel(system);
  const format::SnapshotJob job = job_for(store);
  KJUMP_TRY(CrossingReport crossing,
            report.started ? start_for(system, options, program, job) : enter_for(system, job));
  report.away_us = crossing.away_us;
  report.notes = std::move(crossing.notes);
  KJUMP_TRY(const format::SnapshotJob answer, answer_of(system, options.to));
  if (answer.state == static_cast<std::uint32_t>(format::SnapshotState::kRestored)) {
    // Its second kernel is now the one that has restored it, which takes no snapshots.
    KJUMP_CHECK(drop_kernel(system, kSnapshotKernel));
    report.restored = true;
    return report;
  }
  KJUMP_TRY(const SnapshotStore after, SnapshotStore::open(system, options.to));
  report.room_bytes = after.room_blocks() * kSnapshotBlock;
  for (const SnapshotEntry& entry : after.snapshots()) {
    if (entry.number == answer.number) {
      report.entry = entry;
    } else if (entry.number == before) {
      report.before = entry;
    }
  }
  if (report.entry.number == 0) {
    return fail(ErrorCode::kGuest, "the snapshot is not where it should be", options.to,
                "the other kernel has written to another disk than this one reads");
  }
  return report;
}

}  // namespace kjump::two_kernels
