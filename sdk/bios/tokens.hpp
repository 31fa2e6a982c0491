// SPDX-License-Identifier: MIT
/// Lexical part of scripts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kjump/result.hpp>

#include "bios/text.hpp"

namespace kjump::bios {

/// Words of each call, comments dropped and continued lines joined; no call is empty. Quotes stay in
/// the word, and protect blanks and '#' within one line.
[[nodiscard]] Result<std::vector<std::vector<Token>>> split_script(std::string_view text,
                                                                   const std::string& name);

}  // namespace kjump::bios
