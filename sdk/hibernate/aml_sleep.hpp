// SPDX-License-Identifier: MIT
/// The packages \_S3_, \_S4_, \_S5_ in AML byte code, without an interpreter (hibernation.md 7).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kjump::hibernate {

/// What to write as SLP_TYP into PM1a and PM1b control.
struct SleepType {
  std::uint8_t a = 0;
  std::uint8_t b = 0;
};

/// The first Name(_Sn_, Package() {...}) in a table with the name's four characters, "_S5_". None when there
/// is none, or when its elements are no numbers that SLP_TYP can be: a method may make it.
[[nodiscard]] std::optional<SleepType> find_sleep_type(std::string_view table, std::string_view name);

}  // namespace kjump::hibernate
