// SPDX-License-Identifier: MIT
// Rule: no notes and no VMCOREINFO text make its parsers crash or believe in structures that cannot be.
//
// Run: fuzz_vmcoreinfo -max_total_time=60.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "hibernate/kernel_facts.hpp"
#include "hibernate/vmemmap.hpp"

namespace {

void demand(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check_text(std::string_view text) {
  const auto info = kjump::hibernate::Vmcoreinfo::parse(text);
  if (!info) {
    return;
  }
  static_cast<void>(kjump::hibernate::vmemmap_by_symbol(*info));
  const auto facts = kjump::hibernate::facts_of(*info);
  if (facts) {
    demand(facts->type_offset + 4 <= facts->page_struct_bytes);
    demand(facts->order_offset + 8 <= facts->page_struct_bytes);
    demand(facts->flags_offset + 8 <= facts->page_struct_bytes);
    demand(facts->orders > 0 && facts->orders <= 32 && facts->hwpoison_bit <= 64);
    demand(facts->page_table % 4096 == 0);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_text(bytes);
  if (const auto text = kjump::hibernate::find_vmcoreinfo(bytes)) {
    demand(text->data() >= bytes.data() && text->data() + text->size() <= bytes.data() + size);
    check_text(*text);
  }
  static_cast<void>(kjump::hibernate::decode_sections(bytes, 32));
  static_cast<void>(kjump::hibernate::parse_note_place(std::string(bytes)));
  return 0;
}
