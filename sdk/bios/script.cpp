// SPDX-License-Identifier: MIT
#include "bios/script.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "bios/tokens.hpp"

namespace kjump::bios {

namespace {

/// At most `bytes` of a file; more is an error.
Result<std::vector<std::byte>> read_input(const std::string& path, std::uint32_t bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail_errno("cannot open the input of a buffer", path);
  }
  std::vector<std::byte> content(std::size_t{bytes} + 1);
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (file.bad()) {
    return fail_errno("cannot read the input of a buffer", path);
  }
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > bytes) {
    return fail(ErrorCode::kLimit, fmt::format("the input is longer than the buffer of {} bytes", bytes),
                path, "make the buffer larger");
  }
  return content;
}

}  // namespace

Result<std::vector<ScriptStep>> parse_script(std::string_view text, const std::string& name) {
  KJUMP_TRY(const auto calls, split_script(text, name));
  if (calls.empty()) {
    return fail(ErrorCode::kMalformed, "the script calls nothing", name, "write e.g. int 0x12");
  }
  std::vector<ScriptStep> steps;
  for (const auto& words : calls) {
    KJUMP_TRY(ScriptStep step, parse_call(words));
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<void> load_inputs(ScriptStep& step) {
  for (const CallBuffer& buffer : step.buffers) {
    if (buffer.input_path.empty()) {
      continue;
    }
    KJUMP_TRY(const std::vector<std::byte> content, read_input(buffer.input_path, buffer.bytes));
    std::vector<std::byte>& input = step.step.input;
    input.resize(std::max(input.size(), buffer.offset + content.size()));
    std::copy(content.begin(), content.end(), input.begin() + buffer.offset);
  }
  return {};
}

}  // namespace kjump::bios
