// SPDX-License-Identifier: MIT
// Rule: no script, whatever its bytes, crashes the parser; what parses, encodes or is refused with a reason,
// and its buffers lie within the bounce buffer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bios/script.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kjump::bios;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto steps = parse_script(text, "fuzz");
  if (!steps) {
    if (steps.error().subject.empty()) {
      std::abort();
    }
    return 0;
  }
  Batch batch;
  for (const ScriptStep& step : *steps) {
    for (const CallBuffer& buffer : step.buffers) {
      if (std::uint64_t{buffer.offset} + buffer.bytes > kjump::abi::kBounceBytes) {
        std::abort();
      }
    }
    batch.add(step.step);
  }
  static_cast<void>(batch.encode());
  return 0;
}
