// SPDX-License-Identifier: MIT
/// Would hibernation work here, now? Everything that can be known before a jump.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/save.hpp>
#include <kjump/doctor.hpp>
#include <kjump/door.hpp>
#include <kjump/result.hpp>

#include "hibernate/memory_survey.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

struct ExaminationOptions {
  std::string store;
  DoorOptions door;
  abi::hibernate::AfterSave after = abi::hibernate::AfterSave::kPowerOff;
  bool try_workspace = true;  ///< take the payload's memory, and give it back
};

struct HibernationExamination {
  std::vector<Check> checks;
  std::optional<MemorySurvey> survey;
  std::optional<std::uint64_t> room_blocks;  ///< of the store, for the next image

  /// The first failed check as an error.
  [[nodiscard]] Result<void> first_failure() const;
};

[[nodiscard]] HibernationExamination examine_hibernation(System& system, const ExaminationOptions& options);

}  // namespace kjump::hibernate
