// SPDX-License-Identifier: MIT
/// A restore, step by step. Nothing but the payload's own memory is changed before begin().
#pragma once

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include "hibernate/content_reader.hpp"
#include "hibernate/image.hpp"

namespace kjump::hibernate {

class Restorer {
 public:
  Restorer(const format::RestoreRequest& request, format::RestoreReply& reply)
      : request_(request), reply_(reply) {}

  /// Finds store and image and checks all of it. Failures leave the image as good as it was.
  [[nodiscard]] Failure check();
  /// The point of no return: marks the image as started and overwrites memory. A failure before the first
  /// byte comes back, too; after it `lost` is true.
  [[nodiscard]] Failure load(bool& lost);
  /// Brings devices and exchange into the state in which the saved machine expects them, and makes the
  /// payload's return lead into it. False: there is no way back to it, which check() would have found.
  [[nodiscard]] bool become_saved_machine();
  /// After a failure that can be told: the reason goes to the store.
  void note_refusal(const Failure& failed);
  void close() { disk_.close(); }

 private:
  [[nodiscard]] Failure find_store();
  [[nodiscard]] bool try_disk(format::DiskDriver driver, const disk::Place& place);
  [[nodiscard]] bool search(format::DiskDriver driver, const disk::Place& controller);
  [[nodiscard]] Failure choose_image();
  [[nodiscard]] bool may_restore(const Candidate& candidate) const;
  [[nodiscard]] Failure read_header();
  [[nodiscard]] Failure compare();
  [[nodiscard]] Failure open_workspace();
  [[nodiscard]] Failure move_workspace();
  [[nodiscard]] Failure compare_file_systems();
  [[nodiscard]] Failure read_tables();
  [[nodiscard]] Failure verify_content();
  [[nodiscard]] Failure note_state(format::ImageState state, uint32_t attempts, bool skip_next_boot = false);
  [[nodiscard]] Failure on_disk(const disk::Error& error);
  [[nodiscard]] ContentReader reader();
  void lap(uint64_t& field);

  const format::RestoreRequest& request_;
  format::RestoreReply& reply_;
  OpenDisk disk_;
  format::DiskDriver driver_ = format::DiskDriver::kNone;
  disk::Place place_;
  Store store_{disk_};
  Workspace workspace_;
  bool borrowed_ = false;  ///< the workspace is that of the Linux that runs here
  PageMap map_;
  Candidate image_;
  bool chosen_ = false;
  Failure unreadable_;  ///< of the last disk that answered with an error while the store was looked for
  uint32_t ticks_per_ms_ = 0;
  uint64_t lap_start_ = 0;
};

}  // namespace kjump::hibernate
