// SPDX-License-Identifier: MIT
/// Calls in text form: the lines of a script, and the arguments of `kjump bios call`.
///
///   int 0x15 eax=0xE820 edx='SMAP' ecx=24 buffer es:di=24 repeat-while ebx   # memory map
///   call f000:e05b ds=0x40 \                                                 # far call
///        stop-on-carry
///   memory 0x475 1                                                           # look at memory
///
/// One call per line; # begins a comment, a \ at the end of a line continues it. Clauses after the
/// target: REGISTER=VALUE, SEG:REG=SEG:OFF, buffer SEG:REG=BYTES[,in=FILE][,out=FILE], repeat-while
/// REGISTER, repeat-limit N, stop-on-carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kjump/bios.hpp>

#include "bios/text.hpp"

namespace kjump::bios {

/// One of the buffers of a call, a slice of the step's single buffer.
struct CallBuffer {
  std::string name;          ///< the register pair: "es:di"
  std::uint32_t offset = 0;  ///< in the step's buffer, a multiple of 16
  std::uint32_t bytes = 0;
  std::string input_path;   ///< file to begin with, empty: zeros
  std::string output_path;  ///< file for the result, empty: print it
};

struct ScriptStep {
  Step step;
  std::string title;  ///< "int 0x15"
  std::string place;  ///< of its first word
  std::vector<CallBuffer> buffers;
};

/// Words of one call, its target first. Files named by in= are not read yet.
[[nodiscard]] Result<ScriptStep> parse_call(const std::vector<Token>& words);

/// A whole script. `name` stands for it in errors.
[[nodiscard]] Result<std::vector<ScriptStep>> parse_script(std::string_view text, const std::string& name);

/// Reads the files named by in= into the step's input.
[[nodiscard]] Result<void> load_inputs(ScriptStep& step);

}  // namespace kjump::bios
