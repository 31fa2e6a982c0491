// SPDX-License-Identifier: MIT
/// What the carrier is told: the image's pieces, the exchange, how often to jump (abi/carrier.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/exchange.hpp"

namespace kjump::targets {

/// The deadline of one jump: the caller's, else the image's own, else kDefaultDeadlineMs.
[[nodiscard]] std::uint32_t jump_deadline_ms(const Image& image, const RunRequest& request);

/// The carrier's Multiboot module. `ticket` is that of the first jump; `hpet`: the machine has one.
[[nodiscard]] Result<std::vector<std::byte>> build_plan(const Image& image, const RunRequest& request,
                                                        const ExchangeTicket& ticket, bool hpet = true);

}  // namespace kjump::targets
