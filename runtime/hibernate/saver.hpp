// SPDX-License-Identifier: MIT
/// A save, step by step.
#pragma once

#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include "hibernate/content_writer.hpp"
#include "hibernate/free_pages.hpp"
#include "hibernate/image.hpp"

namespace kjump::hibernate {

class Saver {
 public:
  Saver(const format::SaveRequest& request, format::SaveReply& reply) : request_(request), reply_(reply) {}

  /// All of it up to the committed image, or to the first failure, which leaves the store's other image
  /// valid. `rehearse`: up to the first write.
  [[nodiscard]] Failure save();

  [[nodiscard]] uint32_t ticks_per_ms() { return disk_.disk().ticks_per_ms; }
  /// Nobody may go on from the image that was just committed, or only on demand.
  [[nodiscard]] Failure note_state(format::ImageState state);
  void close() { disk_.close(); }

 private:
  [[nodiscard]] Failure prepare_memory();
  [[nodiscard]] Failure open_store();
  [[nodiscard]] Failure check_canary();
  [[nodiscard]] Failure choose_slot();
  [[nodiscard]] Failure forget_old_image();
  [[nodiscard]] Compression compression() const;
  [[nodiscard]] Failure write_image();
  void fill_header();
  [[nodiscard]] Failure write_header_and_tables();
  [[nodiscard]] Failure read_back();
  [[nodiscard]] Failure commit();
  [[nodiscard]] Failure withdraw(Failure failed);
  [[nodiscard]] Failure on_disk(const disk::Error& error);
  void lap(uint64_t& field);

  const format::SaveRequest& request_;
  format::SaveReply& reply_;
  OpenDisk disk_;
  Store store_{disk_};
  Workspace workspace_;
  PageMap map_;
  PageCounts counts_;
  Written written_;
  uint32_t slot_ = 0;
  uint64_t generation_ = 0;
  uint64_t first_block_ = 0;
  uint64_t room_ = 0;  ///< blocks
  uint64_t lap_start_ = 0;
};

}  // namespace kjump::hibernate
