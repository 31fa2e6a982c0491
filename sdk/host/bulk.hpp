// SPDX-License-Identifier: MIT
/// A bulk request and the room for a bulk reply: pinned memory, and the lists that lead a payload to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/bulk.hpp>
#include <kjump/result.hpp>
#include <kjump/session.hpp>

#include "host/pinned_memory.hpp"
#include "host/system.hpp"

namespace kjump {

/// What the exchange's header says of them.
struct BulkFields {
  abi::Bulk request{};
  abi::Bulk reply{};
};

/// How a list of extents is laid out in pages. Pages are given by their physical addresses, in the order in
/// which their content follows.
[[nodiscard]] std::vector<abi::BulkExtent> join_pages(std::span<const std::uint64_t> pages);
/// As many list pages as these extents need; page i of the list will lie at places[i].
[[nodiscard]] std::vector<abi::BulkListPage> make_list(std::span<const abi::BulkExtent> extents,
                                                       std::span<const std::uint64_t> places);
[[nodiscard]] std::size_t list_pages_for(std::size_t extents);

class BulkMemory {
 public:
  /// Copies the request in. `reachable`: the payload's mode reaches no address from there on.
  [[nodiscard]] static Result<BulkMemory> open(System& system, std::span<const std::byte> request,
                                               std::uint64_t reply_room, std::uint64_t reachable,
                                               BulkPages pages = BulkPages::kAny);

  [[nodiscard]] const BulkFields& fields() const { return fields_; }
  /// The first bytes of the room, which a payload has written; no more than there are.
  [[nodiscard]] std::span<const std::byte> reply(std::uint64_t bytes) const;
  [[nodiscard]] std::string means() const { return memory_.means(); }

 private:
  BulkMemory(PinnedMemory memory, std::size_t reply_page, std::uint64_t room);

  PinnedMemory memory_;
  std::size_t reply_page_;
  std::uint64_t room_;
  BulkFields fields_;
};

}  // namespace kjump
