// SPDX-License-Identifier: MIT
/// Random reads and writes, as many in flight as the disk takes, against a copy in memory of what the disk's
/// area must hold. No two requests in flight touch the same sector.
#pragma once

#include <kjump/disk.hpp>
#include <kjump/payload.hpp>

#include "vm/disk_protocol.hpp"

namespace kjump::tests::disks {

class Torture {
 public:
  Torture(disk::Disk& disk, const Job& job, const Step& step, Answer& answer)
      : disk_(disk), step_(step), answer_(answer), shadow_(job.buffer), random_(step.seed | 1) {
    sector_bytes_ = disk.info.sector_bytes;
    // Behind the copy, a buffer for each slot, with room for moving its start.
    slots_ = shadow_ + step.area * sector_bytes_;
  }

  disk::Error run() {
    disk::Error error = disk::read(disk_, step_.sector, step_.area, shadow_);
    for (uint32_t i = 0; i < step_.count && !error.failed(); ++i) {
      error = one_more();
    }
    while (busy_ != 0) {
      reap(error);
    }
    if (!error.failed()) {
      error = read_all_back();
    }
    return error;
  }

 private:
  static constexpr uint32_t kSlotBytes = disk::kMaxTransferBytes + 0x1000;

  uint32_t next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return random_;
  }
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((uint64_t{next()} * limit) >> 32); }

  static uint32_t* words(uint64_t address) {
    return static_cast<uint32_t*>(physical(static_cast<PhysicalAddress>(address)));
  }

  [[nodiscard]] bool overlaps(const disk::Request& one) const {
    for (uint32_t slot = 0; slot < disk::kMaxDepth; ++slot) {
      const disk::Request& other = requests_[slot];
      if ((busy_ >> slot & 1) != 0 && one.sector < other.sector + other.count &&
          other.sector < one.sector + one.count) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] uint64_t shadow_of(const disk::Request& request) const {
    return shadow_ + (request.sector - step_.sector) * sector_bytes_;
  }

  void choose(disk::Request& request, uint32_t slot) {
    const uint32_t most = disk_.info.max_transfer_bytes / sector_bytes_;
    const uint32_t kind = below(8);
    request.operation = below(2) == 0 ? disk::Operation::kRead : disk::Operation::kWrite;
    request.count = kind == 0 ? most : kind < 3 ? 1 + below(most) : 1 + below(most < 40 ? most : 40);
    request.count = request.count < step_.area ? request.count : step_.area;
    request.sector = step_.sector + below(step_.area - request.count + 1);
    request.address =
        slots_ + uint64_t{slot} * kSlotBytes + (below(0x1000) & ~(disk_.info.buffer_alignment - 1));
  }

  disk::Error one_more() {
    disk::Error error;
    while (busy_ == UINT32_MAX) {
      reap(error);
    }
    const auto slot = static_cast<uint32_t>(__builtin_ctz(~busy_));
    disk::Request& request = requests_[slot];
    choose(request, slot);
    while (overlaps(request)) {
      reap(error);
    }
    if (request.operation == disk::Operation::kWrite) {
      for (uint32_t i = 0; i < request.count * sector_bytes_ / 4; ++i) {
        words(request.address)[i] = words(shadow_of(request))[i] = next();
      }
    }
    disk::Submitted submitted = disk::submit(disk_, request);
    while (submitted == disk::Submitted::kFull) {
      reap(error);
      submitted = disk::submit(disk_, request);
    }
    if (submitted == disk::Submitted::kRefused) {
      return request.error;
    }
    busy_ |= 1u << slot;
    return error;
  }

  void reap(disk::Error& error) {
    const disk::Request* request = disk::poll(disk_);
    if (request == nullptr) {
      return;
    }
    busy_ &= ~(1u << (request - requests_));
    error = request->error.failed() ? request->error : error;
    if (request->operation == disk::Operation::kRead && !request->error.failed()) {
      compare(request->address, shadow_of(*request), request->count);
    }
  }

  void compare(uint64_t found, uint64_t expected, uint32_t sectors) {
    for (uint32_t i = 0; i < sectors * sector_bytes_ / 4; ++i) {
      answer_.value += words(found)[i] != words(expected)[i] ? 1 : 0;
    }
  }

  disk::Error read_all_back() {
    const disk::Error error = disk::read(disk_, step_.sector, step_.area, slots_);
    compare(slots_, shadow_, step_.area);
    answer_.hash = kHashStart;
    for (uint32_t i = 0; i < step_.area * sector_bytes_ / 4; ++i) {
      answer_.hash = hash_word(answer_.hash, words(shadow_)[i]);
    }
    return error;
  }

  disk::Disk& disk_;
  const Step& step_;
  Answer& answer_;
  uint64_t shadow_;
  uint64_t slots_ = 0;
  uint32_t sector_bytes_ = 0;
  uint32_t random_;
  uint32_t busy_ = 0;
  disk::Request requests_[disk::kMaxDepth];
};

}  // namespace kjump::tests::disks
