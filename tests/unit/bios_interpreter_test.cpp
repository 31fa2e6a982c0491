// SPDX-License-Identifier: MIT
// Rule: the batch payload executes exactly the language of abi/batch.hpp. A malformed request calls nothing,
// a call whose result does not fit the reply is not made, and nothing repeats without end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include <kjump/abi/exchange.hpp>
#include <kjump/bios.hpp>

#include "../../runtime/bios_batch/interpreter.hpp"
#include "unit/bios_fake_machine.hpp"

namespace kjump::bios {
namespace {

class BiosInterpreter : public ::testing::Test {
 protected:
  abi::BatchStatus run(const Batch& batch) {
    machine_.request = *batch.encode();
    return run_request();
  }
  abi::BatchStatus run_request() {
    ending_ = batch::Interpreter(machine_).run();
    results_ = decode_reply(machine_.reply).value();
    return ending_.status;
  }
  /// Runs an encoded batch after spoiling one field of its first step.
  template <typename T>
  abi::BatchStatus run_spoilt(Step step, std::size_t offset, T value) {
    machine_ = {};
    machine_.request = *Batch().add(std::move(step)).encode();
    std::memcpy(machine_.request.data() + sizeof(abi::BatchHeader) + offset, &value, sizeof(value));
    return run_request();
  }

  FakeMachine machine_;
  batch::Ending ending_{};
  std::vector<CallResult> results_;
};

Step repeat_on(abi::BatchRepeat repeat, std::size_t register_offset, std::uint32_t address = 0) {
  Step step = interrupt(0x15);
  step.repeat = repeat;
  step.repeat_register = static_cast<std::uint16_t>(register_offset);
  step.repeat_address = address;
  return step;
}

Step e820() {
  Step step = repeat_on(abi::BatchRepeat::kWhileNonZero, offsetof(abi::FirmwareRegisters, ebx));
  step.call.registers.eax = 0xE820;
  step.call.registers.edx = 0x534D4150;
  step.buffer_bytes = 8;
  return step;
}

TEST_F(BiosInterpreter, MakesCallsInOrderAndReportsAllOfThem) {
  machine_.firmware = [](abi::FirmwareCall& call) {
    call.registers.eax = 0x1000u + call.vector;
    call.repairs = abi::kRepairA20;
  };
  EXPECT_EQ(run(Batch().add(interrupt(0x11)).add(far_call(0xF000, 0xE05B)).add(interrupt(0x12))),
            abi::BatchStatus::kDone);
  ASSERT_EQ(results_.size(), 3u);
  EXPECT_EQ(results_[0].registers.eax, 0x1011u);
  EXPECT_EQ(machine_.calls[1].kind, abi::CallKind::kFarCall);
  EXPECT_EQ(machine_.calls[1].target_segment, 0xF000);
  EXPECT_EQ(machine_.calls[0].registers.eflags, kEntryFlags);
  EXPECT_EQ(results_[2].step, 2u);
  EXPECT_EQ(results_[2].repairs, abi::kRepairA20);
  EXPECT_EQ(results_[2].cycles, 5u);
}

TEST_F(BiosInterpreter, BufferIsClearedFilledAndReturned) {
  machine_.poke(abi::kBounceBase + 16, std::uint64_t{0xFFFFFFFFFFFFFFFF});
  machine_.firmware = [this](abi::FirmwareCall&) { machine_.memory[abi::kBounceBase + 17] = std::byte{7}; };
  Step step = interrupt(0x13);
  step.buffer_offset = 16;
  step.buffer_bytes = 3;
  step.input = {std::byte{1}};
  run(Batch().add(step));
  EXPECT_EQ(results_[0].buffer, (std::vector{std::byte{1}, std::byte{7}, std::byte{0}}));
  EXPECT_EQ(machine_.memory[abi::kBounceBase + 19], std::byte{0xFF}) << "beyond the buffer";
}

// T53: EBX is the continuation, every other register starts afresh, the buffer does not.
TEST_F(BiosInterpreter, ContinuesWhileTheRegisterIsNotZero) {
  machine_.firmware = [this](abi::FirmwareCall& call) {
    if (call.vector != 0x15) {
      return;
    }
    EXPECT_EQ(call.registers.eax, 0xE820u);
    EXPECT_EQ(call.registers.edx, 0x534D4150u);
    machine_.memory[abi::kBounceBase + call.registers.ebx] = std::byte{0xEE};
    call.registers.ebx = call.registers.ebx == 2 ? 0 : call.registers.ebx + 1;
    call.registers.eax = call.registers.edx;
    call.registers.edx = call.registers.esi = 0xBAD;
    call.registers.eflags = 2;
  };
  EXPECT_EQ(run(Batch().add(e820()).add(interrupt(0x12))), abi::BatchStatus::kDone);
  ASSERT_EQ(results_.size(), 4u);
  EXPECT_EQ(machine_.calls[2].registers.ebx, 2u);
  EXPECT_EQ(machine_.calls[2].registers.esi, 0u);
  EXPECT_EQ(results_[2].buffer[0], std::byte{0xEE}) << "the third call sees what the first left";
  EXPECT_EQ(results_[3].step, 1u);
}

TEST_F(BiosInterpreter, CarryEndsARepetition) {
  machine_.firmware = [](abi::FirmwareCall& call) {
    call.registers.ebx += 1;
    call.registers.eflags = call.registers.ebx == 3 ? 3 : 2;
  };
  EXPECT_EQ(run(Batch().add(e820())), abi::BatchStatus::kDone);
  EXPECT_EQ(results_.size(), 3u);
}

TEST_F(BiosInterpreter, EndlessRepetitionStopsAtTheLimit) {
  machine_.firmware = [](abi::FirmwareCall& call) {
    call.registers.ebx = 1;
    call.registers.eflags = 2;
  };
  Step step = e820();
  step.buffer_bytes = 0;
  step.repeat_limit = 9;
  EXPECT_EQ(run(Batch().add(step).add(interrupt(0x12))), abi::BatchStatus::kLimit);
  EXPECT_EQ(results_.size(), 10u) << "the steps after it are carried out";
  machine_ = {};
  machine_.reply_capacity = 1 << 20;
  machine_.firmware = [](abi::FirmwareCall& call) { call.registers.ebx = 1, call.registers.eflags = 2; };
  step.repeat_limit = 0;
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kLimit);
  EXPECT_EQ(results_.size(), 1024u);
}

TEST_F(BiosInterpreter, StopOnCarryEndsTheBatch) {
  machine_.firmware = [](abi::FirmwareCall& call) { call.registers.eflags = call.vector == 0x13 ? 3 : 2; };
  Step stop = interrupt(0x13);
  stop.stop_on_carry = true;
  EXPECT_EQ(run(Batch().add(interrupt(0x12)).add(stop).add(interrupt(0x11))),
            abi::BatchStatus::kStoppedOnCarry);
  EXPECT_EQ(results_.size(), 2u);
}

TEST_F(BiosInterpreter, FullReplyStopsBeforeTheCall) {
  Step step = interrupt(0x12);
  step.buffer_bytes = 5;
  machine_.reply_capacity = 2 * 80 + 79;
  EXPECT_EQ(run(Batch().add(step).add(step).add(step)), abi::BatchStatus::kReplyFull);
  EXPECT_EQ(results_.size(), 2u);
  EXPECT_EQ(machine_.calls.size(), 2u);
}

TEST_F(BiosInterpreter, CountsDrivesFromMemory) {
  machine_.poke(0x475, std::uint8_t{3});
  Step step = repeat_on(abi::BatchRepeat::kCountAt, offsetof(abi::FirmwareRegisters, edx), 0x475);
  step.call.registers.edx = 0x80;
  step.buffer_bytes = 4;
  step.input = {std::byte{0x4A}};
  machine_.firmware = [this](abi::FirmwareCall& call) {
    EXPECT_EQ(machine_.memory[abi::kBounceBase], std::byte{0x4A}) << "drive " << call.registers.edx;
    machine_.memory[abi::kBounceBase] = std::byte{0x1A};
  };
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kDone);
  ASSERT_EQ(machine_.calls.size(), 3u);
  EXPECT_EQ(machine_.calls[2].registers.edx, 0x82u);
  machine_.poke(0x475, std::uint8_t{0});
  machine_.calls.clear();
  machine_.reply.clear();
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kDone);
  EXPECT_TRUE(machine_.calls.empty());
  machine_.poke(0x475, std::uint8_t{255});  // T51: more than there can be
  step.repeat_limit = 2;
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kLimit);
  EXPECT_EQ(machine_.calls.size(), 2u);
}

TEST_F(BiosInterpreter, WalksAListOfWords) {
  machine_.poke(0x2000E, std::uint32_t{0xC0000010});
  machine_.poke(0xC0010, std::uint16_t{0x100});
  machine_.poke(0xC0012, std::uint16_t{0x115});
  machine_.poke(0xC0014, std::uint16_t{0xFFFF});
  Step step = repeat_on(abi::BatchRepeat::kForEachWord, offsetof(abi::FirmwareRegisters, ecx), 0x2000E);
  step.call.registers.ecx = 0xABCD0000;
  machine_.firmware = [this](abi::FirmwareCall&) {
    machine_.poke(0x2000E, std::uint32_t{0});
  };  // read once only
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kDone);
  ASSERT_EQ(machine_.calls.size(), 2u);
  EXPECT_EQ(machine_.calls[1].registers.ecx, 0xABCD0115u);
  machine_ = {};  // a null pointer: zeros without end
  step.repeat_limit = 5;
  EXPECT_EQ(run(Batch().add(step)), abi::BatchStatus::kLimit);
  EXPECT_EQ(machine_.calls.size(), 5u);
}

TEST_F(BiosInterpreter, ReadsMemory) {
  machine_.poke(0x46C, std::uint32_t{0x12345678});
  EXPECT_EQ(run(Batch().add(read_memory(0x46C, 3)).add(interrupt(0x12))), abi::BatchStatus::kDone);
  EXPECT_EQ(results_[0].buffer, (std::vector{std::byte{0x78}, std::byte{0x56}, std::byte{0x34}}));
  EXPECT_EQ(machine_.calls.size(), 1u);
}

TEST_F(BiosInterpreter, MalformedRequestsCallNothing) {
  Step buffer = interrupt(0x15);
  buffer.buffer_bytes = 8;
  buffer.input.resize(4);
  const Step counted = repeat_on(abi::BatchRepeat::kCountAt, offsetof(abi::FirmwareRegisters, edx), 0x475);
  const auto listed = repeat_on(abi::BatchRepeat::kForEachWord, offsetof(abi::FirmwareRegisters, ecx));
  const auto malformed = abi::BatchStatus::kMalformed;
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, repeat), std::uint16_t{5}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, flags), std::uint16_t{2}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, call.kind), std::uint16_t{2}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, call.vector), std::uint16_t{256}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, buffer_offset), std::uint32_t{0xFFF9}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, buffer_offset), std::uint32_t{0xFFFFFFFC}),
            malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, buffer_bytes), std::uint32_t{0x10001}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, input_bytes), std::uint32_t{9}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, input_bytes), std::uint32_t{0xFFFFFFFF}), malformed);
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, input_bytes), std::uint32_t{5}), malformed)
      << "cut off";
  EXPECT_EQ(run_spoilt(buffer, offsetof(abi::BatchStep, input_bytes), std::uint32_t{0}), malformed)
      << "left over";
  for (const std::size_t bad :
       {offsetof(abi::FirmwareRegisters, stack), offsetof(abi::FirmwareRegisters, eflags),
        offsetof(abi::FirmwareRegisters, ds), std::size_t{9}, std::size_t{44}}) {
    EXPECT_EQ(run_spoilt(counted, offsetof(abi::BatchStep, register_offset), static_cast<std::uint16_t>(bad)),
              malformed);
  }
  EXPECT_EQ(run_spoilt(listed, offsetof(abi::BatchStep, address), std::uint32_t{0xFFFFFFFD}), malformed);
  EXPECT_EQ(run_spoilt(read_memory(0, 8), offsetof(abi::BatchStep, address), std::uint32_t{0xFFFFFFF9}),
            malformed);
  EXPECT_EQ(run_spoilt(read_memory(0, 8), offsetof(abi::BatchStep, buffer_bytes), std::uint32_t{0x10001}),
            malformed);
  EXPECT_EQ(run_spoilt(read_memory(0, 8), offsetof(abi::BatchStep, input_bytes), std::uint32_t{1}),
            malformed);
  EXPECT_NE(ending_.reason, nullptr);
  EXPECT_EQ(ending_.offset, sizeof(abi::BatchHeader));
}

TEST_F(BiosInterpreter, TheWholeRequestIsCheckedFirst) {
  machine_.request = *Batch().add(interrupt(0x12)).add(interrupt(0x13)).encode();
  const auto good = machine_.request;
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    machine_.request.assign(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(bytes));
    EXPECT_EQ(run_request(), abi::BatchStatus::kMalformed) << bytes << " bytes";
  }
  machine_.request = good;
  machine_.request[0] = std::byte{0};
  EXPECT_EQ(run_request(), abi::BatchStatus::kMalformed) << "magic";
  machine_.request = good;
  machine_.request[4] = std::byte{3};
  EXPECT_EQ(run_request(), abi::BatchStatus::kMalformed) << "more steps than there are";
  machine_.request = good;
  machine_.request[4] = std::byte{1};
  EXPECT_EQ(run_request(), abi::BatchStatus::kMalformed) << "fewer";
  EXPECT_TRUE(machine_.calls.empty());
  EXPECT_EQ(run(Batch()), abi::BatchStatus::kDone) << "an empty batch";
}

// Firmware that writes over the request cannot make the payload read or write where it must not.
TEST_F(BiosInterpreter, ARequestSpoiltByFirmwareStops) {
  machine_.firmware = [this](abi::FirmwareCall&) {
    std::fill(machine_.request.begin(), machine_.request.end(), std::byte{0xFF});
  };
  EXPECT_EQ(run(Batch().add(interrupt(0x12)).add(interrupt(0x13))), abi::BatchStatus::kMalformed);
  EXPECT_EQ(machine_.calls.size(), 1u);
}

}  // namespace
}  // namespace kjump::bios
