// SPDX-License-Identifier: MIT
/// What the typed calls share: picking a step's answer, and fields of registers and buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include <kjump/abi/layout.hpp>
#include <kjump/bios.hpp>

namespace kjump::bios {

constexpr std::uint16_t low16(std::uint32_t value) {
  return static_cast<std::uint16_t>(value);
}
constexpr std::uint8_t low8(std::uint32_t value) {
  return static_cast<std::uint8_t>(value);
}
constexpr std::uint8_t high8(std::uint32_t value) {
  return static_cast<std::uint8_t>(value >> 8);
}

/// Physical address of a real-mode far pointer as a table holds it: offset low, segment high.
constexpr std::uint32_t linear(std::uint32_t far_pointer) {
  return ((far_pointer >> 16) << 4) + low16(far_pointer);
}

/// A little-endian field of a buffer; zero where the buffer ends.
template <typename T>
T field(std::span<const std::byte> buffer, std::size_t offset) {
  T value{};
  if (offset <= buffer.size() && sizeof(T) <= buffer.size() - offset) {
    std::memcpy(&value, buffer.data() + offset, sizeof(T));
  }
  return value;
}

/// A Step for INT vector with AX and, from `buffer_offset` of the bounce buffer, `buffer_bytes` of it.
[[nodiscard]] Step service(std::uint8_t vector, std::uint16_t ax);
void add_buffer(Step& step, std::uint32_t buffer_offset, std::uint32_t buffer_bytes);

/// The only call of a step, with a buffer of exactly so many bytes.
[[nodiscard]] Result<const CallResult*> answer(const BatchReply& reply, std::uint32_t step,
                                               std::size_t buffer_bytes = 0);

/// Runs a batch on the target and decodes its reply.
template <typename T>
Result<T> run_and_decode(Target& target, const Batch& batch, Result<T> (*decode)(const BatchReply&)) {
  KJUMP_TRY(const BatchReply reply, batch.run(target));
  return decode(reply);
}

}  // namespace kjump::bios
