// SPDX-License-Identifier: MIT
/// Bulk exchange: requests and replies too large for the exchange, in pages of the caller's own that cannot
/// move. They lie anywhere in physical memory; a list of extents in pages of the same kind leads to them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <kjump/abi/layout.hpp>

namespace kjump::abi {

/// Physical memory [address, address + bytes).
struct BulkExtent {
  uint64_t address;
  uint64_t bytes;
};

inline constexpr uint32_t kBulkExtentsPerPage = 255;

/// One page of a list.
struct BulkListPage {
  uint64_t next;   ///< physical address of the next one; 0: this is the last
  uint64_t count;  ///< extents in this page, at most kBulkExtentsPerPage
  BulkExtent extents[kBulkExtentsPerPage];
};

static_assert(sizeof(BulkListPage) == kPageBytes);

/// A request, or room for a reply.
struct Bulk {
  uint64_t list;   ///< physical address of the first BulkListPage; 0: there is none
  uint64_t bytes;  ///< of the request, or that a reply may have; the extents hold at least as many
};

}  // namespace kjump::abi
