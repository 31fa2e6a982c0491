// SPDX-License-Identifier: MIT
/// What the caller writes into the exchange before a jump and reads out of it afterwards. Pure functions
/// on 64 KiB of bytes; whatever the payload left there, reading stays within them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/exchange.hpp>
#include <kjump/door.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/tsc_clock.hpp"

namespace kjump {

/// What makes one jump's use of the exchange its own.
struct ExchangeTicket {
  std::uint64_t nonce = 0;
  std::uint32_t sequence = 0;  ///< from 1
  std::uint32_t deadline_ms = 0;
  std::uint32_t call_deadline_ms = 0;
  std::uint32_t contract_classes = 0;
  abi::Bulk bulk_request{};
  abi::Bulk bulk_reply{};
};

/// Header and request; all that lies behind has to be zero. An error when the request is too long.
[[nodiscard]] Result<std::vector<std::byte>> front_of_exchange(const ExchangeTicket& ticket,
                                                               std::span<const std::byte> request);

/// The same with the zeros: all abi::kExchangeBytes of it.
[[nodiscard]] Result<std::vector<std::byte>> fill_exchange(const ExchangeTicket& ticket,
                                                           std::span<const std::byte> request);

/// The report of the jump that `ticket` was for; phases are left out. Lies of the payload are told in
/// JumpReport::reason.
[[nodiscard]] JumpReport read_exchange(const ExchangeTicket& ticket, std::span<const std::byte> exchange);

/// What the payload has printed, as far as the exchange holds it.
[[nodiscard]] std::string console_of(std::span<const std::byte> exchange);

/// Phases from the header's TSC values, which count only when they lie within the passage: after tsc_before,
/// if the counter went on all the time, and before tsc_after.
[[nodiscard]] Phases phases_of(std::span<const std::byte> exchange, const Passage& passage,
                               const TscRate& rate);

}  // namespace kjump
