// SPDX-License-Identifier: MIT
#include "supervisor/contract_report.hpp"

#include <kjump/abi/crash_record.hpp>
#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

#include "platform/stack_marks.hpp"
#include "supervisor/firmware_return.hpp"

using namespace kjump;

extern "C" abi::Trail* kjump_trail;

namespace kjump::supervisor {

namespace {

using abi::ContractLine;

// Pointers to fonts, which a change of the screen's mode moves.
constexpr uint32_t kFontVectors[] = {0x1F, 0x43};
constexpr uint32_t kVideoVector = 0x10;

constexpr uint32_t kSystemFlags = abi::kFlagsTrap | abi::kFlagsNestedTask | abi::kFlagsAlignmentCheck;

uint32_t ax_of(const abi::FirmwareCall& call) {
  return call.registers.eax & 0xFFFF;
}

bool is_interrupt(const abi::FirmwareCall& call, uint32_t vector) {
  return call.kind == abi::CallKind::kInterrupt && call.vector == vector;
}

// Services that answer in whole 32-bit registers: memory map, PCI BIOS, TCG BIOS.
bool answers_in_32_bits(const abi::FirmwareCall& call) {
  const uint32_t ax = ax_of(call);
  return (is_interrupt(call, 0x15) && (ax == 0xE820 || ax == 0xE881)) ||
         (is_interrupt(call, 0x1A) && (ax >> 8 == 0xB1 || ax >> 8 == 0xBB));
}

platform::MemoryCopy ivt(uint32_t* copy) {
  return {platform::kIvtAddress, platform::kIvtBytes, copy};
}

platform::MemoryCopy bios_data(uint32_t* copy) {
  return {platform::kBiosDataAddress, platform::kBiosDataBytes, copy};
}

uint64_t bytes_of(uint32_t word, uint32_t first, uint32_t count) {
  return word >> 8 * first & (count == sizeof word ? 0xFFFFFFFF : (1u << 8 * count) - 1);
}

uint32_t word_at(uint32_t address) {
  asm("" : "+r"(address));  // page 0 is memory like any other
  return *reinterpret_cast<const volatile uint32_t*>(address);
}

}  // namespace

void ContractReport::begin(abi::ExchangeHeader& header, uint32_t hpet_base) {
  header_ = &header;
  hpet_base_ = hpet_base;
  classes_ = header.contract.classes;
  data_records_ = 0;
  header.contract.records = 0;
  header.contract.dropped = 0;
  header.contract.skipped = missing_values(hpet_base);
  values_ = 0;
  set_call(nullptr);
  stack_used_ = abi::kContractStackBytes;
  watch_idt(wants(abi::kContractDescriptors));
  visit_values(
      classes_, header.contract.skipped, hpet_base_,
      [](void* self, const ContractValue& value) {
        auto& report = *static_cast<ContractReport*>(self);
        if (report.values_ < kMostValues) {
          report.value_[report.values_++] = value;
        } else {
          report.skip(value.line);
        }
      },
      this);
  if (wants(abi::kContractGates)) {
    cmos_.choose();
    if (cmos_.usable()) {
      cmos_byte_ = cmos_.set();
    } else {
      skip(ContractLine::kCmosIndex);
    }
  }
  if (wants(abi::kContractMemory)) {
    extended_ = platform::find_extended_bios_data(abi::kContractEbdaBytes);
    extended_.copy = extended_copy_;
    if (extended_.bytes == 0) {
      skip(ContractLine::kExtendedBiosData);
    }
    take_copy(ivt(vectors_copy_));
    take_copy(bios_data(data_copy_));
    take_copy(extended_);
  }
}

void ContractReport::skip(ContractLine line) {
  header_->contract.skipped |= 1u << static_cast<uint32_t>(line);
}

void ContractReport::set_call(const abi::FirmwareCall* call) {
  number_ = call != nullptr ? kjump_trail->calls : 0;
  given_ = call != nullptr ? *call : abi::FirmwareCall{};
}

void ContractReport::before_call(const abi::FirmwareCall& call) {
  compare_all();
  set_call(&call);
}

void ContractReport::after_call(const abi::FirmwareCall& call) {
  if (wants(abi::kContractRegisters)) {
    compare_registers(call.registers);
  }
  if (wants(abi::kContractFlags)) {
    compare_flags(call.registers.eflags);
  }
  if (wants(abi::kContractDescriptors)) {
    compare_descriptors();
  }
  compare_thunk(call.repairs);
  compare_all();
  set_call(nullptr);
}

void ContractReport::end(const abi::FirmwareCall* running) {
  if (running == nullptr) {
    set_call(nullptr);
  }
  compare_all();
  watch_idt(false);
}

// What can be compared at any time.
void ContractReport::compare_all() {
  next_ = 0;
  visit_values(
      classes_, header_->contract.skipped, hpet_base_,
      [](void* self, const ContractValue& value) {
        static_cast<ContractReport*>(self)->compare_value(value);
      },
      this);
  if (wants(abi::kContractGates) && cmos_.usable()) {
    compare_cmos();
  }
  if (wants(abi::kContractMemory)) {
    compare_vectors();
    compare_memory(ContractLine::kBiosData, bios_data(data_copy_));
    compare_memory(ContractLine::kExtendedBiosData, extended_);
  }
  if (wants(abi::kContractStack)) {
    compare_stack();
  }
}

void ContractReport::add(ContractLine line, uint32_t index, uint64_t before, uint64_t after, uint32_t bytes,
                         uint32_t flags) {
  abi::ContractSummary& summary = header_->contract;
  const bool data = (flags & abi::kContractExpected) != 0;
  if (summary.records >= abi::kContractRecords || (data && data_records_ == abi::kContractDataRecords)) {
    ++summary.dropped;
    return;
  }
  data_records_ += data ? 1 : 0;
  auto* records = reinterpret_cast<abi::ContractRecord*>(abi::kExchangeBase + abi::kContractOffset);
  abi::ContractRecord& record = records[summary.records++];
  record = {};
  record.before = before;
  record.after = after;
  record.call = number_;
  record.index = index;
  record.eax = given_.registers.eax;
  record.line = static_cast<uint16_t>(line);
  record.flags = static_cast<uint16_t>(flags);
  record.kind = static_cast<uint16_t>(given_.kind);
  record.vector = given_.vector;
  record.target_offset = given_.target_offset;
  record.target_segment = given_.target_segment;
  record.bytes = static_cast<uint16_t>(bytes);
}

// The caller gets registers as the callee left them: nothing is repaired here.
void ContractReport::compare_registers(const abi::FirmwareRegisters& left) {
  struct Pair {
    uint32_t offset, before, after;
  };
  const abi::FirmwareRegisters& given = given_.registers;
  const Pair wide[] = {{offsetof(abi::FirmwareRegisters, eax), given.eax, left.eax},
                       {offsetof(abi::FirmwareRegisters, ebx), given.ebx, left.ebx},
                       {offsetof(abi::FirmwareRegisters, ecx), given.ecx, left.ecx},
                       {offsetof(abi::FirmwareRegisters, edx), given.edx, left.edx},
                       {offsetof(abi::FirmwareRegisters, esi), given.esi, left.esi},
                       {offsetof(abi::FirmwareRegisters, edi), given.edi, left.edi},
                       {offsetof(abi::FirmwareRegisters, ebp), given.ebp, left.ebp}};
  for (const Pair& pair : wide) {
    if (((pair.before ^ pair.after) >> 16) != 0) {
      add(ContractLine::kRegisterHigh, pair.offset, pair.before, pair.after, 4,
          answers_in_32_bits(given_) ? abi::kContractExpected : 0);
    }
  }
  const Pair segments[] = {{offsetof(abi::FirmwareRegisters, ds), given.ds, left.ds},
                           {offsetof(abi::FirmwareRegisters, fs), given.fs, left.fs},
                           {offsetof(abi::FirmwareRegisters, gs), given.gs, left.gs}};
  for (const Pair& pair : segments) {
    if (pair.before != pair.after) {
      add(ContractLine::kSegmentRegister, pair.offset, pair.before, pair.after, 2, 0);
    }
  }
  const FirmwareReturn back = firmware_return();
  if (back.esp >> 16 != 0) {
    add(ContractLine::kStackHigh, 0, 0, back.esp >> 16, 2, abi::kContractRepaired);
  }
  const uint32_t sp = left.stack & 0xFFFF;
  if (left.stack >> 16 != abi::kRealSegment || (sp != back.expected_sp[0] && sp != back.expected_sp[1])) {
    add(ContractLine::kStackPointer, 0, abi::kRealSegment << 16 | back.expected_sp[1], left.stack, 4,
        abi::kContractRepaired);
  }
}

// INT takes IF, TF and AC away for the callee, its IRET brings IF back. System flags: only those that were
// not there.
void ContractReport::compare_flags(uint32_t left) {
  const uint32_t given = given_.registers.eflags;
  const auto compare = [&](ContractLine line, uint32_t bit) {
    if (((given ^ left) & bit) != 0) {
      add(line, static_cast<uint32_t>(__builtin_ctz(bit)), (given & bit) != 0 ? 1 : 0,
          (left & bit) != 0 ? 1 : 0, 1, abi::kContractRepaired);
    }
  };
  compare(ContractLine::kDirectionFlag, abi::kFlagsDirection);
  compare(ContractLine::kInterruptFlag, abi::kFlagsInterrupt);
  for (uint32_t rest = left & ~given & kSystemFlags; rest != 0; rest &= rest - 1) {
    compare(ContractLine::kSystemFlags, rest & -rest);
  }
}

void ContractReport::compare_descriptors() {
  const FirmwareReturn back = firmware_return();
  if (back.gdtr != back.expected_gdtr) {
    add(ContractLine::kGdtr, 0, back.expected_gdtr, back.gdtr, 6, abi::kContractRepaired);
  }
  if (back.idtr != back.expected_idtr) {
    add(ContractLine::kIdtr, 0, back.expected_idtr, back.idtr, 6, abi::kContractRepaired);
  }
}

// What the thunk has repaired already.
void ContractReport::compare_thunk(uint32_t repairs) {
  if (wants(abi::kContractGates) && (repairs & abi::kRepairA20) != 0) {
    add(ContractLine::kA20, 0, 1, 0, 1, abi::kContractRepaired);
  }
  if (!wants(abi::kContractInterrupts) || (repairs & abi::kRepairPicMask) == 0) {
    return;
  }
  const FirmwareReturn back = firmware_return();
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t before = back.expected_pic_masks >> 8 * i & 0xFF;
    const uint32_t after = back.pic_masks >> 8 * i & 0xFF;
    if (before != after) {
      add(ContractLine::kPicMask, i, before, after, 1, abi::kContractRepaired);
    }
  }
}

// A value that was not there at first, of a local APIC that somebody has switched on for instance, is left
// out.
void ContractReport::compare_value(const ContractValue& value) {
  uint32_t place = next_;
  while (place < values_ && (value_[place].line != value.line || value_[place].index != value.index)) {
    ++place;
  }
  if (place == values_) {
    return;
  }
  next_ = place + 1;
  ContractValue& before = value_[place];
  if (before.value == value.value) {
    return;
  }
  const bool repaired = number_ != 0 && restore(before, hpet_base_);
  const bool meant = value.line == ContractLine::kVga && is_interrupt(given_, kVideoVector);
  add(value.line, value.index, before.value, value.value, value.bytes,
      (repaired ? abi::kContractRepaired : 0u) | (meant ? abi::kContractExpected : 0u));
  if (!repaired) {
    before.value = value.value;
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
  const platform::MemoryCopy memory = ivt(vectors_copy_);
  for (uint32_t at = next_difference(memory, 0); at < memory.bytes; at = next_difference(memory, at + 4)) {
    const uint32_t now = word_at(at);
    const bool font = at / 4 == kFontVectors[0] || at / 4 == kFontVectors[1];
    const bool meant = font && is_interrupt(given_, kVideoVector);
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
