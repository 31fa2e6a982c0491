// SPDX-License-Identifier: MIT
#include "supervisor/contract_report.hpp"

#include <kjump/abi/crash_record.hpp>
#include <kjump/abi/layout.hpp>

#include "supervisor/firmware_return.hpp"

using namespace kjump;

extern "C" abi::Trail* kjump_trail;

namespace kjump::supervisor {

namespace {

using abi::ContractLine;

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
    note_cmos();
  }
  if (wants(abi::kContractMemory)) {
    note_memory();
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
    compare_memory(ContractLine::kBiosData, bios_data());
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
  const bool meant = value.line == ContractLine::kVga && given_is_interrupt(kVideoVector);
  add(value.line, value.index, before.value, value.value, value.bytes,
      (repaired ? abi::kContractRepaired : 0u) | (meant ? abi::kContractExpected : 0u));
  if (!repaired) {
    before.value = value.value;
  }
}

}  // namespace kjump::supervisor
