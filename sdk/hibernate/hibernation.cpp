// SPDX-License-Identifier: MIT
#include "hibernate/hibernation.hpp"

#include <fmt/format.h>

#include <utility>

#include "embedded/embedded.hpp"
#include "hibernate/after_restore.hpp"
#include "hibernate/examination.hpp"
#include "hibernate/hooks.hpp"
#include "hibernate/passage.hpp"

namespace kjump::hibernate {
namespace {

using abi::hibernate::RestoreReply;
using abi::hibernate::RestoreStatus;
using abi::hibernate::SaveReply;
using abi::hibernate::SaveStatus;

template <typename Request>
std::span<const std::byte> bytes_of(const Request& request) {
  return std::as_bytes(std::span(&request, 1));
}

void tell(const Progress& progress, const std::string& text) {
  if (progress) {
    progress(text);
  }
}

// The image of somebody who means to come back to it stays, as long as it does not have to.
std::uint32_t keep_flag(const Slots& slots) {
  for (const auto& slot : slots) {
    if (slot && must_be_kept(*slot)) {
      return abi::hibernate::kSaveKeepOther;
    }
  }
  return 0;
}

// From here on what is on the disks and what is in the request belong together: hooks may have mounted
// things.
Result<HibernateReport> save(System& system, const HibernateOptions& options) {
  KJUMP_TRY(Store store, Store::open(options.store));
  tell(options.progress, "writing what is not on the disks yet");
  system.sync();
  if (options.drop_caches) {
    static_cast<void>(system.write_line("/proc/sys/vm/drop_caches", "3"));
  }
  KJUMP_TRY(const MachineKnowledge machine, know_machine(system, store));
  for (const Unwatched& other : machine.file_systems.unwatched) {
    tell(options.warn, fmt::format("nothing will notice if {} is changed while the machine is off: {}",
                                   other.name, other.why));
  }
  tell(options.progress, "loading the payload");
  KJUMP_TRY(
      PayloadPassage passage,
      PayloadPassage::open(
          system, {embedded_save_image(), "the embedded save payload", machine.memory.pages, options.door,
                   options.deadline_ms != 0 ? options.deadline_ms : deadline_for(machine.memory.pages)}));
  SaveOptions flags = options.save;
  KJUMP_TRY(const Slots slots, store.slots());
  flags.flags |= keep_flag(slots);
  KJUMP_TRY(const Canary canary, store.write_canary());
  KJUMP_TRY(const abi::hibernate::SaveRequest request,
            make_save_request(system, machine, store, canary, flags));
  const ClockOffset clock = ClockOffset::read(system);
  tell(options.progress, "jumping");
  KJUMP_TRY(PassageReport passed, passage.jump(bytes_of(request)));
  HibernateReport report;
  KJUMP_TRY(report.reply, reply_of<SaveReply>(passed.jump));
  report.door = std::move(passed.door);
  report.phases = passed.jump.phases;
  report.unwatched = machine.file_systems.unwatched;
  report.notes = std::move(passed.notes);
  if (report.status() == SaveStatus::kRestored) {
    for (const std::string& note : {feed_entropy(system, report.reply.entropy), clock.set_right(system)}) {
      if (!note.empty()) {
        report.notes.push_back(note);
      }
    }
  }
  return report;
}

const char* result_word(const Result<HibernateReport>& saved) {
  if (!saved || !save_failure(saved->reply, {})) {
    return "failed";
  }
  return saved->status() == SaveStatus::kRestored ? "restored" : "continued";
}

}  // namespace

Result<HibernateReport> hibernate_machine(System& system, const HibernateOptions& options) {
  tell(options.progress, "checking the machine");
  const HibernationExamination examination = examine_hibernation(
      system,
      {.store = options.store, .door = options.door, .after = options.save.after, .try_workspace = false});
  KJUMP_CHECK(examination.first_failure());
  Hooks hooks(system, options.store);
  // A rehearsal is no reason to stop services.
  const bool rehearsal = (options.save.flags & abi::hibernate::kSaveRehearse) != 0;
  const Result<void> ready = rehearsal ? Result<void>() : hooks.pre();
  auto saved = ready ? save(system, options) : Result<HibernateReport>(Failure(ready.error()));
  for (const std::string& failure : hooks.post(result_word(saved))) {
    if (saved) {
      saved->notes.push_back(failure);
    }
  }
  return saved;
}

Result<void> save_failure(const SaveReply& reply, const std::string& store) {
  const auto status = static_cast<SaveStatus>(reply.status);
  const std::string said = text_of(reply.error);
  if (status == SaveStatus::kEscape) {
    return fail(ErrorCode::kForbidden, "stopped by a key; nothing was saved", store);
  }
  if (status == SaveStatus::kPowerOff) {
    return fail(ErrorCode::kUnsupported, "the image is committed, but the machine does not switch off", store,
                "switch it off now: what it does from here on is lost when it is restored; or discard the "
                "image with kjump hibernate discard");
  }
  if (reply.status < static_cast<std::uint32_t>(SaveStatus::kRequest)) {
    return {};
  }
  const char* const hint = status == SaveStatus::kNoRoom
                               ? "a larger store, --drop-caches, or kjump hibernate discard of an old image"
                               : "nothing was committed; kjump hibernate check says more";
  return fail(ErrorCode::kGuest,
              said.empty() ? fmt::format("the save payload ended with status {}", reply.status) : said, store,
              hint);
}

Result<void> restore_failure(const RestoreReply& reply, const std::string& store) {
  const auto status = static_cast<RestoreStatus>(reply.status);
  if (status == RestoreStatus::kVerified) {
    return {};
  }
  const std::string said = text_of(reply.error);
  return fail(ErrorCode::kGuest,
              said.empty() ? "the image was not restored: " + refusal_text(reply.status) : said, store,
              "kjump hibernate status shows the image; this Linux was left as it was");
}

Result<ResumeReport> resume_machine(System& system, const ResumeOptions& options) {
  KJUMP_TRY(const Store store, Store::open(options.store, Access::kRead));
  KJUMP_TRY(const abi::hibernate::RestoreRequest request,
            make_restore_request(system, store, options.restore));
  KJUMP_TRY(const MemoryKnowledge memory, read_memory(system));
  tell(options.progress, "loading the payload");
  KJUMP_TRY(PayloadPassage passage,
            PayloadPassage::open(system, {embedded_restore_image(), "the embedded restore payload",
                                          memory.pages, options.door, deadline_for(memory.pages)}));
  system.sync();
  tell(options.progress, "jumping");
  KJUMP_TRY(PassageReport passed, passage.jump(bytes_of(request)));
  KJUMP_TRY(const RestoreReply reply, reply_of<RestoreReply>(passed.jump));
  return ResumeReport{reply, std::move(passed.door), std::move(passed.notes)};
}

}  // namespace kjump::hibernate
