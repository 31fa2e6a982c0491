// SPDX-License-Identifier: MIT
/// From the memory that the carrier left to a RunReport.
#pragma once

#include <string>

#include <kjump/image.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

#include "host/exchange.hpp"
#include "host/tsc_clock.hpp"
#include "targets/vm/guest_memory.hpp"

namespace kjump::targets {

/// Every jump that came back; `ticket` is that of the first one. The carrier must have ended well.
[[nodiscard]] Result<RunReport> read_carrier_report(const GuestMemory& memory, const Image& image,
                                                    const ExchangeTicket& ticket, const TscRate& rate);

/// How far a machine came that was lost on the way: "jump 2 was lost in the payload, which had printed: ...".
[[nodiscard]] std::string last_seen(const GuestMemory& memory, const Image& image,
                                    const ExchangeTicket& ticket);

}  // namespace kjump::targets
