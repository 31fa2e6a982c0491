// SPDX-License-Identifier: MIT
#include "hibernate/examination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/image.hpp>

#include "embedded/embedded.hpp"
#include "hibernate/hooks.hpp"
#include "hibernate/request.hpp"
#include "hibernate/workspace.hpp"
#include "host/bulk.hpp"
#include "host/checks.hpp"
#include "host/doors.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::AfterSave;
using abi::hibernate::kBlockBytes;

Check check_failed(std::string id, std::string title, const Error& error) {
  Error without_hint = error;
  without_hint.hint.clear();
  std::string finding = without_hint.text();
  return failed(std::move(id), std::move(title), error.code, std::move(finding), error.hint);
}

template <typename Value, typename Finding>
Check check_of(std::string id, std::string title, const Result<Value>& result, Finding finding) {
  return result ? passed(std::move(id), std::move(title), finding(*result))
                : check_failed(std::move(id), std::move(title), result.error());
}

std::uint64_t mebibytes(std::uint64_t blocks) {
  return (blocks * kBlockBytes + (1U << 20U) - 1) >> 20U;
}

void check_machine(System& system, const ExaminationOptions& options, std::vector<Check>& checks) {
  for (Check& check : examine_machine(system, Needs{})) {
    if (check.verdict == Verdict::kFail) {  // what is well is doctor's to tell
      checks.push_back(std::move(check));
    }
  }
  const auto image = Image::parse(embedded_save_image(), "the embedded save payload");
  const auto door =
      image ? choose_door(system, options.door, image->info()) : Result<ChosenDoor>(Failure(image.error()));
  checks.push_back(check_of("door", "a door into the payload", door,
                            [](const ChosenDoor& chosen) { return chosen.way->name() + ", " + chosen.why; }));
}

// Where the image goes, and who reaches it.
void check_store(const System& system, const Result<Store>& store, HibernationExamination& found) {
  std::vector<Check>& checks = found.checks;
  checks.push_back(check_of("store", "the store", store, [](const Store& open) {
    return fmt::format("{} on {}, {} MiB", open.path(), open.disk(), mebibytes(open.header().blocks));
  }));
  if (!store) {
    return;
  }
  const auto disk = find_disk(system, store->disk());
  checks.push_back(check_of("disk", "a driver for its disk", disk,
                            [](const DiskWay& way) { return address_text(way.address); }));
  if (const auto room = store->room_blocks()) {
    found.room_blocks = *room;
  } else {
    checks.push_back(check_failed("room", "room for an image", room.error()));
  }
  const auto prints = find_fingerprints(system, store->disk(), store->extents());
  if (!prints) {
    checks.push_back(check_failed("file-systems", "mounted file systems", prints.error()));
    return;
  }
  checks.push_back(passed("file-systems", "mounted file systems",
                          fmt::format("{} watched against changes", prints->fingerprints.size())));
  for (const Unwatched& other : prints->unwatched) {
    checks.push_back(remark("file-system-unwatched", "not watched", other.name + ": " + other.why,
                            "unmount it before hibernating, or keep others from mounting it"));
  }
}

void check_size(HibernationExamination& found) {
  if (!found.survey || !found.room_blocks) {
    return;
  }
  const std::uint64_t room = *found.room_blocks;
  const std::uint64_t expected = found.survey->expected_blocks();
  const std::uint64_t most = found.survey->most_blocks();
  const std::string text = fmt::format("about {} MiB compressed, {} MiB at most, room for {} MiB",
                                       mebibytes(expected), mebibytes(most), mebibytes(room));
  const char* const cure = "a larger store, --drop-caches, or discard an old image";
  if (expected > room) {
    found.checks.push_back(failed("size", "size of the image", ErrorCode::kLimit, text, cure));
  } else if (most > room) {
    found.checks.push_back(remark("size", "size of the image", text, cure));
  } else {
    found.checks.push_back(passed("size", "size of the image", text));
  }
}

void check_kernel(const System& system, HibernationExamination& found) {
  const auto kernel = read_kernel_knowledge(system);
  const auto memory = read_memory(system);
  found.checks.push_back(
      check_of("kernel", "the kernel's page structures", kernel, [](const KernelKnowledge& known) {
        return fmt::format("{}, at {:#x}", known.release, known.facts.vmemmap);
      }));
  found.checks.push_back(check_of("memory", "the memory map", memory, [](const MemoryKnowledge& known) {
    return fmt::format("{} MiB in {} ranges", mebibytes(known.pages), known.ranges.size());
  }));
  if (!kernel || !memory) {
    return;
  }
  auto survey = survey_memory(system, kernel->facts, memory->ranges);
  found.checks.push_back(check_of("free-pages", "free pages", survey, [](const MemorySurvey& seen) {
    return fmt::format("{} MiB of {} MiB are free", mebibytes(seen.free_pages), mebibytes(seen.pages));
  }));
  if (survey) {
    found.survey = *std::move(survey);
  }
}

Check check_power_off(const System& system, AfterSave after) {
  const AcpiKnowledge acpi = read_acpi(system);
  if (acpi.power_off_gap.empty()) {
    return passed(
        "power-off", "switching the machine off",
        fmt::format("S5 is {}/{} by {}", acpi.facts.s5_type_a, acpi.facts.s5_type_b, acpi.s5_table));
  }
  const std::string finding = "the payload cannot: " + acpi.power_off_gap;
  return after == AfterSave::kPowerOff
             ? failed("power-off", "switching the machine off", ErrorCode::kUnsupported, finding,
                      "use --reboot, and switch it off by hand")
             : remark("power-off", "switching the machine off", finding);
}

Check check_workspace(System& system, std::uint64_t memory_pages) {
  std::uint64_t taken = 0;
  const auto note = take_workspace(system, memory_pages, [&](std::uint64_t bytes, BulkPages pages) {
    taken = bytes;
    const auto memory = BulkMemory::open(system, {}, bytes, std::numeric_limits<std::uint64_t>::max(), pages);
    return memory ? Result<void>() : Result<void>(Failure(memory.error()));
  });
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
  return check_of("workspace", "memory for the payload", note, [&](const std::string& shortage) {
    return shortage.empty() ? fmt::format("{} MiB", (taken + kMib - 1) / kMib) : shortage;
  });
}

void check_hooks(System& system, const std::string& store, std::vector<Check>& checks) {
  const std::vector<std::string> names = Hooks(system, store).list();
  if (!names.empty()) {
    checks.push_back(passed("hooks", "hooks", fmt::format("{} in {}", names.size(), kHookDirectory)));
  }
}

}  // namespace

Result<void> HibernationExamination::first_failure() const {
  const auto failure = std::find_if(checks.begin(), checks.end(),
                                    [](const Check& check) { return check.verdict == Verdict::kFail; });
  if (failure != checks.end()) {
    return fail(failure->code, "this machine cannot hibernate now: " + failure->finding, failure->id,
                failure->fix);
  }
  return {};
}

HibernationExamination examine_hibernation(System& system, const ExaminationOptions& options) {
  HibernationExamination found;
  check_machine(system, options, found.checks);
  check_kernel(system, found);
  check_store(system, Store::open(options.store), found);
  check_size(found);
  found.checks.push_back(check_power_off(system, options.after));
  if (options.try_workspace && found.survey) {
    found.checks.push_back(check_workspace(system, found.survey->pages));
  }
  check_hooks(system, options.store, found.checks);
  return found;
}

}  // namespace kjump::hibernate
