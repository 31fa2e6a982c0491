// SPDX-License-Identifier: MIT
/// Hibernation from user space: everything around the jump into the save payload.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/door.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "hibernate/fingerprints.hpp"
#include "hibernate/request.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

struct HibernateOptions {
  std::string store;
  DoorOptions door;
  SaveOptions save;
  bool drop_caches = false;
  std::uint32_t deadline_ms = 0;  ///< of the payload; 0: by the size of memory
  Progress progress;              ///< may be empty
  Progress warn;                  ///< told before the jump what will not be protected; may be empty
};

struct HibernateReport {
  abi::hibernate::SaveReply reply{};
  std::string door;
  Phases phases;                     ///< of the jump
  std::vector<Unwatched> unwatched;  ///< file systems that nothing protects
  std::vector<std::string> notes;

  [[nodiscard]] abi::hibernate::SaveStatus status() const {
    return static_cast<abi::hibernate::SaveStatus>(reply.status);
  }
};

/// Checks, hooks, sync, the jump, and what has to be done on the way back. Comes back at once when the
/// machine went on after saving (AfterSave::kContinue), or when it was restored. An error means that nothing
/// was saved, or says otherwise.
[[nodiscard]] Result<HibernateReport> hibernate_machine(System& system, const HibernateOptions& options);

struct ResumeOptions {
  std::string store;
  DoorOptions door;
  RestoreOptions restore;
  Progress progress;
};

struct ResumeReport {
  abi::hibernate::RestoreReply reply{};
  std::string door;
  std::vector<std::string> notes;
};

/// Restores the store's image over this Linux. Comes back only when that was refused, or with
/// kRestoreVerifyOnly.
[[nodiscard]] Result<ResumeReport> resume_machine(System& system, const ResumeOptions& options);

/// A status as an error, or nothing when the payload did what it was asked to.
[[nodiscard]] Result<void> save_failure(const abi::hibernate::SaveReply& reply, const std::string& store);
[[nodiscard]] Result<void> restore_failure(const abi::hibernate::RestoreReply& reply,
                                           const std::string& store);

}  // namespace kjump::hibernate
