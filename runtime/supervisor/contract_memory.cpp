// SPDX-License-Identifier: MIT
// What firmware keeps in memory, and how much of its stack it took.
#include "platform/stack_marks.hpp"
#include "supervisor/contract_report.hpp"
#include "supervisor/firmware_return.hpp"

namespace kjump::supervisor {

namespace {

using abi::ContractLine;

// Pointers to fonts, which a change of the screen's mode moves.
constexpr uint32_t kFontVectors[] = {0x1F, 0x43};

uint64_t bytes_of(uint32_t word, uint32_t first, uint32_t count) {
  return word >> 8 * first & (count == sizeof word ? 0xFFFFFFFF : (1u << 8 * count) - 1);
}

uint32_t word_at(uint32_t address) {
  asm("" : "+r"(address));  // page 0 is memory like any other
  return *reinterpret_cast<const volatile uint32_t*>(address);
}

}  // namespace

platform::MemoryCopy ContractReport::vectors() {
  return {platform::kIvtAddress, platform::kIvtBytes, vectors_copy_};
}

platform::MemoryCopy ContractReport::bios_data() {
  return {platform::kBiosDataAddress, platform::kBiosDataBytes, data_copy_};
}

void ContractReport::note_cmos() {
  cmos_.choose();
  if (cmos_.usable()) {
    cmos_byte_ = cmos_.set();
  } else {
    skip(ContractLine::kCmosIndex);
  }
}

void ContractReport::compare_cmos() {
  const uint8_t found = platform::CmosIndex::read();
  const uint8_t again = cmos_.set();
  if (found != cmos_byte_ && found != again) {
    add(ContractLine::kCmosIndex, 0, cmos_byte_, found, 1, abi::kContractRepaired);
  }
  cmos_byte_ = again;
}

void ContractReport::note_memory() {
  extended_ = platform::find_extended_bios_data(abi::kContractEbdaBytes);
  extended_.copy = extended_copy_;
  if (extended_.bytes == 0) {
    skip(ContractLine::kExtendedBiosData);
  }
  take_copy(vectors());
  take_copy(bios_data());
  take_copy(extended_);
}

// Runs of changed bytes of the same kind, within a double word.
void ContractReport::compare_memory(ContractLine line, const platform::MemoryCopy& memory) {
  const auto flags = [line](uint32_t offset) -> uint32_t {
    const bool data = line == ContractLine::kBiosData ? platform::is_volatile_bios_data(offset) : offset != 0;
    return data ? abi::kContractExpected : 0;
  };
  for (uint32_t at = next_difference(memory, 0); at < memory.bytes; at = next_difference(memory, at + 4)) {
    const uint32_t now = word_at(memory.address + at);
    uint32_t& before = memory.copy[at / 4];
    for (uint32_t i = 0; i < 4;) {
      uint32_t end = i;
      while (end < 4 && ((now ^ before) >> 8 * end & 0xFF) != 0 && flags(at + end) == flags(at + i)) {
        ++end;
      }
      if (end > i) {
        add(line, at + i, bytes_of(before, i, end - i), bytes_of(now, i, end - i), end - i, flags(at + i));
      }
      i = end > i ? end : i + 1;
    }
    before = now;
  }
}

void ContractReport::compare_vectors() {
  const platform::MemoryCopy memory = vectors();
  for (uint32_t at = next_difference(memory, 0); at < memory.bytes; at = next_difference(memory, at + 4)) {
    const uint32_t now = word_at(at);
    const bool font = at / 4 == kFontVectors[0] || at / 4 == kFontVectors[1];
    const bool meant = font && given_is_interrupt(kVideoVector);
    add(ContractLine::kIvt, at / 4, former_vector(at / 4, memory.copy[at / 4]), now, 4,
        meant ? abi::kContractExpected : 0);
    memory.copy[at / 4] = now;
  }
}

void ContractReport::compare_stack() {
  const uint32_t used = platform::firmware_stack_beyond(stack_used_);
  if (used > stack_used_) {
    add(ContractLine::kFirmwareStack, 0, abi::kContractStackBytes, used, 4, 0);
    stack_used_ = used;
  }
}

}  // namespace kjump::supervisor
