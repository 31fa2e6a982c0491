// SPDX-License-Identifier: MIT
/// Bulk request and reply in a bare machine's memory, which the host can write before it starts and read
/// after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/target.hpp>

#include "host/bulk.hpp"
#include "targets/vm/guest_memory.hpp"

namespace kjump::targets {

class GuestBulk {
 public:
  /// Decides where things lie; `memory_mib` of the machine must hold them.
  [[nodiscard]] static Result<GuestBulk> plan(const Image& image, const RunRequest& request,
                                              std::uint32_t memory_mib);

  [[nodiscard]] const BulkFields& fields() const { return fields_; }
  [[nodiscard]] Result<void> write_request(const GuestMemory& memory, const RunRequest& request) const;
  /// The first bytes of the room.
  [[nodiscard]] Result<std::vector<std::byte>> read_reply(const GuestMemory& memory,
                                                          std::uint64_t bytes) const;

 private:
  std::uint64_t request_at_ = 0;
  std::uint64_t reply_at_ = 0;
  BulkFields fields_;
};

}  // namespace kjump::targets
