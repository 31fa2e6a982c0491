// SPDX-License-Identifier: MIT
/// Compares what firmware calls must not change, repairs what can be repaired, and writes a record of each
/// change into the exchange (abi/contract.hpp). Physical mode.
///
/// What changed between two calls is told, too, as of call 0, but left as it is: the payload may mean it.
#pragma once

#include <kjump/abi/exchange.hpp>

#include "platform/cmos.hpp"
#include "platform/low_memory.hpp"
#include "supervisor/contract_values.hpp"

namespace kjump::supervisor {

/// Large: one object, in static memory.
class ContractReport {
 public:
  /// Takes note of everything, for the classes that the header asks for. `header` stays in use until end().
  void begin(abi::ExchangeHeader& header, uint32_t hpet_base);
  void before_call(const abi::FirmwareCall& call);
  void after_call(const abi::FirmwareCall& call);
  /// The last comparison of a jump; `running` is the call that did not come back, or null.
  void end(const abi::FirmwareCall* running);

 private:
  static constexpr uint32_t kMostValues = 128;

  [[nodiscard]] bool wants(uint32_t in_class) const { return (classes_ & in_class) != 0; }
  [[nodiscard]] bool given_is_interrupt(uint32_t vector) const {
    return number_ != 0 && given_.kind == abi::CallKind::kInterrupt && given_.vector == vector;
  }
  void skip(abi::ContractLine line);
  void set_call(const abi::FirmwareCall* call);
  void add(abi::ContractLine line, uint32_t index, uint64_t before, uint64_t after, uint32_t bytes,
           uint32_t flags);
  void compare_all();
  void compare_value(const ContractValue& value);

  // contract_callee.cpp: what the callee left in the processor.
  [[nodiscard]] bool answers_in_32_bits() const;
  void compare_registers(const abi::FirmwareRegisters& left);
  void compare_flags(uint32_t left);
  void compare_descriptors();
  void compare_thunk(uint32_t repairs);

  // contract_memory.cpp: CMOS index, firmware's memory, its stack.
  void note_cmos();
  void compare_cmos();
  void note_memory();
  void compare_memory(abi::ContractLine line, const platform::MemoryCopy& memory);
  void compare_vectors();
  void compare_stack();

  static constexpr uint32_t kVideoVector = 0x10;

  [[nodiscard]] platform::MemoryCopy vectors();
  [[nodiscard]] platform::MemoryCopy bios_data();

  abi::ExchangeHeader* header_ = nullptr;
  uint32_t hpet_base_ = 0;
  uint32_t classes_ = 0;
  uint32_t data_records_ = 0;

  // Of the call that runs; number_ is 0 outside of calls.
  uint32_t number_ = 0;
  abi::FirmwareCall given_{};

  uint32_t values_ = 0;  ///< in use
  uint32_t next_ = 0;    ///< where the value that is visited next should be
  ContractValue value_[kMostValues]{};

  platform::CmosIndex cmos_;
  uint8_t cmos_byte_ = 0;

  uint32_t stack_used_ = 0;

  platform::MemoryCopy extended_{};
  uint32_t vectors_copy_[platform::kIvtBytes / 4]{};
  uint32_t data_copy_[platform::kBiosDataBytes / 4]{};
  uint32_t extended_copy_[abi::kContractEbdaBytes / 4]{};
};

}  // namespace kjump::supervisor
