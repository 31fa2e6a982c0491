// SPDX-License-Identifier: MIT
/// Text that somebody else has written, on its way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace kjump::report {

/// The text with everything taken out that could do more than show characters: what a payload, firmware or a
/// guest prints may be an escape sequence that renames a window, types into the shell or hides a line. Stays:
/// printable characters, newline, tab, and UTF-8 as long as it is well formed. A carriage return before a
/// newline goes; all other bytes become \xNN.
[[nodiscard]] std::string for_terminal(std::string_view text);

}  // namespace kjump::report
