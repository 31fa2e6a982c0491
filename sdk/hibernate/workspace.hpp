// SPDX-License-Identifier: MIT
/// How the payloads get memory to work in (abi/hibernate/workspace.hpp) on a machine that may be full.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <kjump/result.hpp>
#include <kjump/session.hpp>

#include "host/system.hpp"

namespace kjump::hibernate {

/// Memory that a payload needs for so many pages, with so many I/O buffers.
[[nodiscard]] std::uint64_t workspace_bytes(std::uint64_t memory_pages, std::uint64_t buffers);

/// Tries, from what is best on: large pages, fewer buffers, and at last single pages from wherever the kernel
/// has some, which take a request to the disk each. `take` gets bytes and kind of pages. What it came to, in
/// words when it is not the best; or the last error.
using TakeWorkspace = std::function<Result<void>(std::uint64_t bytes, BulkPages pages)>;
[[nodiscard]] Result<std::string> take_workspace(const System& system, std::uint64_t memory_pages,
                                                 const TakeWorkspace& take);

}  // namespace kjump::hibernate
