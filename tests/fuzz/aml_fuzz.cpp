// SPDX-License-Identifier: MIT
// Rule: no table makes the scanner for sleep types or the reader of the FADT crash, or find a value that
// SLP_TYP cannot hold.
//
// Run: fuzz_aml -max_total_time=60.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hibernate/acpi_facts.hpp"
#include "hibernate/aml_sleep.hpp"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto type = kjump::hibernate::find_sleep_type(bytes, "_S5_")) {
    if (type->a > 7 || type->b > 7) {
      std::abort();
    }
  }
  const auto facts = kjump::hibernate::registers_of(std::string(bytes));
  if (facts.pm1a_control > 0xFFFF || facts.gpe0 > 0xFFFF || facts.gpe0_bytes > 64 ||
      facts.reset_port > 0xFFFF) {
    std::abort();
  }
  return 0;
}
