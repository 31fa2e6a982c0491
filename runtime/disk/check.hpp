// SPDX-License-Identifier: MIT
/// The caller's part of the contract, checked before a driver sees it.
#pragma once

#include <kjump/disk.hpp>

namespace kjump::disk {

[[nodiscard]] Error check_storage(const Driver& driver, const void* storage, size_t bytes);
[[nodiscard]] Error check_request(const Disk& disk, const Request& request);

}  // namespace kjump::disk
