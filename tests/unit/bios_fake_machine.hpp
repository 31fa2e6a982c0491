// SPDX-License-Identifier: MIT
/// A machine for the interpreter of the batch payload whose firmware is a function of the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include <kjump/abi/exchange.hpp>
#include <kjump/abi/firmware_call.hpp>

namespace kjump::bios {

inline constexpr std::uint32_t kMemoryBytes = 0x110000;  // what real mode reaches

/// A machine with a firmware made of one function.
struct FakeMachine {
  std::vector<std::byte> request;
  std::vector<std::byte> reply;
  std::size_t reply_capacity = abi::kReplyCapacity;
  std::vector<std::byte> memory = std::vector<std::byte>(kMemoryBytes);
  std::vector<abi::FirmwareCall> calls;  // as they arrived
  std::function<void(abi::FirmwareCall&)> firmware = [](abi::FirmwareCall&) {};
  std::uint64_t tsc = 0;

  [[nodiscard]] std::size_t request_bytes() const { return request.size(); }
  std::size_t read_request(void* to, std::size_t bytes, std::size_t offset) const {
    const std::size_t count = offset > request.size() ? 0 : std::min(bytes, request.size() - offset);
    std::memcpy(to, request.data() + offset, count);
    return count;
  }
  [[nodiscard]] std::size_t reply_room() const { return reply_capacity - reply.size(); }
  bool write_reply(const void* from, std::size_t bytes) {
    if (bytes > reply_room()) {
      return false;
    }
    const auto* first = static_cast<const std::byte*>(from);
    reply.insert(reply.end(), first, first + bytes);
    return true;
  }
  bool reply_memory(std::uint32_t address, std::size_t bytes) {
    return write_reply(&memory.at(address), bytes);
  }
  void read_memory(void* to, std::uint32_t address, std::size_t bytes) {
    std::memcpy(to, &memory.at(address), bytes);
  }
  void clear_memory(std::uint32_t address, std::size_t bytes) { std::memset(&memory.at(address), 0, bytes); }
  void request_to_memory(std::uint32_t address, std::size_t bytes, std::size_t offset) {
    EXPECT_EQ(read_request(&memory.at(address), bytes, offset), bytes);
  }
  void call(abi::FirmwareCall& call) {
    calls.push_back(call);
    firmware(call);
  }
  std::uint64_t read_tsc() { return tsc += 5; }

  template <typename T>
  void poke(std::uint32_t address, T value) {
    std::memcpy(&memory.at(address), &value, sizeof(value));
  }
};

}  // namespace kjump::bios
