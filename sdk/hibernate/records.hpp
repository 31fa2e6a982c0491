// SPDX-License-Identifier: MIT
/// The records of a store: what of them can be believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/result.hpp>

namespace kjump::hibernate {

/// A committed image, and what became of it.
struct Slot {
  abi::hibernate::CommitRecord commit{};
  abi::hibernate::StateRecord state{};
  bool state_damaged = false;  ///< nobody knows whether somebody went on from it; `state` says "committed"
};
using Slots = std::array<std::optional<Slot>, abi::hibernate::kSlots>;

/// Block 0, believed only when every number in it is in its range and its hash is right.
[[nodiscard]] Result<abi::hibernate::StoreHeader> parse_store_header(std::span<const std::byte> block,
                                                                     const std::string& subject);

/// Blocks 1 to 8. They cover the store from its first block to its last, in order, within the disk.
[[nodiscard]] Result<std::vector<abi::hibernate::Extent>> parse_extents(
    const abi::hibernate::StoreHeader& header, std::span<const std::byte> blocks, const std::string& subject);

/// What is wrong with a list of extents for a store of that many blocks; nothing: empty.
[[nodiscard]] std::string extents_fault(std::span<const abi::hibernate::Extent> extents, std::uint64_t blocks,
                                        std::uint64_t disk_sectors);

/// From a commit and a state block. None: nothing committed, or not this store's, or damaged.
[[nodiscard]] std::optional<Slot> parse_slot(const abi::hibernate::StoreHeader& header,
                                             std::span<const std::byte> commit_block,
                                             std::span<const std::byte> state_block);

/// Somebody may still want to go on from it.
[[nodiscard]] bool must_be_kept(const Slot& slot);

/// Number of the slot with the newest image; none when both are empty.
[[nodiscard]] std::optional<unsigned> newest(const Slots& slots);

/// "committed", "started", ...
[[nodiscard]] std::string state_name(std::uint32_t state);
/// What a RestoreStatus means, as a clause: "a chunk's hash is wrong".
[[nodiscard]] std::string refusal_text(std::uint32_t status);
[[nodiscard]] std::string uuid_text(const abi::hibernate::Uuid& uuid);
[[nodiscard]] bool same(const abi::hibernate::Uuid& a, const abi::hibernate::Uuid& b);

}  // namespace kjump::hibernate
