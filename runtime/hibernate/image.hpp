// SPDX-License-Identifier: MIT
/// What both payloads do with an image's header and tables.
#pragma once

#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include "hibernate/page_map.hpp"
#include "hibernate/store.hpp"

namespace kjump::hibernate {

/// The header at hand, where a disk can read and write it.
[[nodiscard]] format::ImageHeader& image_header();
[[nodiscard]] uint64_t image_header_address();

/// A slot and what is in it.
struct Candidate {
  bool valid = false;
  uint32_t slot = 0;
  format::CommitRecord commit{};
  format::StateRecord state{};
  bool state_damaged = false;  ///< nobody knows whether somebody went on from it

  [[nodiscard]] format::ImageState what() const { return static_cast<format::ImageState>(state.state); }
  /// Would somebody miss it?
  [[nodiscard]] bool is_wanted() const {
    return valid && what() != format::ImageState::kDone && what() != format::ImageState::kDiscarded;
  }
};
/// A slot that cannot be read is not an empty one.
[[nodiscard]] disk::Error read_slot(Store& store, uint32_t slot, Candidate& candidate);

/// Reads or writes the tables, whose content lies in the workspace, at block `index` of the image.
[[nodiscard]] disk::Error transfer_tables(Store& store, disk::Operation operation, const Workspace& workspace,
                                          uint64_t first_block, uint64_t index, uint64_t bytes);
[[nodiscard]] uint64_t hash_of_tables(const Workspace& workspace, uint64_t bytes);

/// The workspace that the session gave, its bulk reply; none straight after firmware. False: it is not of
/// whole pages.
[[nodiscard]] bool take_workspace(Workspace& workspace);

}  // namespace kjump::hibernate
