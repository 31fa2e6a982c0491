// SPDX-License-Identifier: MIT
/// Making a partition, a disk or a file a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

#include "hibernate/place.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

struct PrepareOptions {
  std::optional<std::uint64_t> bytes;  ///< of a file that does not exist yet; none: fitting_bytes()
  bool force = false;                  ///< whatever lies there is of no use any more
};

struct Prepared {
  abi::hibernate::StoreHeader header{};
  Place place;
  bool created = false;  ///< the file
  std::string found;     ///< what lay there and is lost; empty: nothing
};

/// Enough for an image of all memory of which nothing can be left out or compressed: memory, 5 % for tables
/// and ends of batches, and what comes before the images.
[[nodiscard]] std::uint64_t fitting_bytes(const System& system);

/// Writes header, extents and empty records. The store keeps its identity when it is one already.
[[nodiscard]] Result<Prepared> prepare(const System& system, const std::string& path,
                                       const PrepareOptions& options);

}  // namespace kjump::hibernate
