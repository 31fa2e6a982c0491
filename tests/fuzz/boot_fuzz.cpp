// SPDX-License-Identifier: MIT
// Whatever a disk's first sector and boot block hold: no crash, and what is put in and taken out again is the
// same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "boot/crc32.hpp"
#include "boot/first_sector.hpp"

using namespace kjump;

namespace {

void demand(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void replace_code(const boot::Sector& sector) {
  boot::SectorCode other{};
  other.fill(std::byte{0x90});
  const boot::Sector changed = boot::with_code(sector, other);
  demand(boot::code_in(changed) == other);
  const boot::Sector back = boot::with_code(changed, boot::code_in(sector));
  demand(boot::code_in(back) == boot::code_in(sector));
  demand(std::equal(back.begin() + abi::kBootCodeBytes, back.begin() + 510,
                    sector.begin() + abi::kBootCodeBytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  boot::Sector sector{};
  std::copy_n(bytes.begin(), std::min(size, sector.size()), sector.begin());
  replace_code(sector);
  for (const bool whole : {false, true}) {
    (void)boot::check_may_install(sector, whole, false, "fuzz").has_value();
  }
  const auto block = bytes.subspan(std::min(size, sector.size()));
  abi::BootSectorFields fields = boot::our_fields(sector);
  (void)boot::old_code_in(block, fields, "fuzz").has_value();
  fields.block_crc = boot::crc32(block);
  demand(boot::old_code_in(block, fields, "fuzz").has_value() == (block.size() == abi::kBootBlockBytes));
  return 0;
}
