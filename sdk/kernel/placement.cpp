// SPDX-License-Identifier: MIT
#include "kernel/placement.hpp"

#include <utility>

namespace kjump::two_kernels {

using abi::two_kernels::Place;

Result<Placement> Placement::find(System& system, const std::string& name, std::uint64_t bytes,
                                  std::optional<Place> kind, const std::vector<MemoryPiece>& taken) {
  Placement placement;
  placement.reason_ = kind ? "as asked for" : "nothing has to be reserved or swapped";
  if (kind.value_or(Place::kHugePages) == Place::kHugePages) {
    auto huge = HugePlace::take(system, name, bytes);
    if (huge) {
      placement.huge_.emplace(*std::move(huge));
      return placement;
    }
    if (kind) {
      return Failure(std::move(huge).error());
    }
    placement.reason_ = "huge pages: " + huge.error().what;
    auto reserved = find_reserved(system, bytes, taken);
    if (!reserved) {
      Error error = std::move(huge).error();
      error.hint += "; " + reserved.error().what;
      return Failure(std::move(error));
    }
    KJUMP_CHECK(placement.use(system, *reserved));
    return placement;
  }
  KJUMP_TRY(const ReservedPiece reserved, find_reserved(system, bytes, taken));
  KJUMP_CHECK(placement.use(system, reserved));
  return placement;
}

Result<Placement> Placement::find_at(System& system, std::uint64_t address, std::uint64_t bytes,
                                     std::optional<Place> kind, const std::vector<MemoryPiece>& taken) {
  if (kind && *kind != Place::kReserved) {
    return fail(ErrorCode::kInvalid, "such memory cannot be had at an address of one's choice", "--place",
                "--at goes with --place reserved");
  }
  Placement placement;
  placement.reason_ = "as asked for";
  KJUMP_TRY(const ReservedPiece reserved, find_reserved_at(system, bytes, address, taken));
  KJUMP_CHECK(placement.use(system, reserved));
  return placement;
}

Result<void> Placement::use(const System& system, const ReservedPiece& reserved) {
  kind_ = Place::kReserved;
  reserved_ = reserved.piece;
  reason_ += ", " + reserved.origin;
  if (reserved.is_writable) {
    KJUMP_TRY(ReservedMapping mapping, ReservedMapping::map(system, reserved_));
    mapping_.emplace(std::move(mapping));
  }
  return {};
}

Result<std::span<std::byte>> Placement::room(std::uint64_t address, std::uint64_t wanted) {
  const MemoryPiece all = piece();
  if (address < all.base || wanted > all.bytes || address - all.base > all.bytes - wanted ||
      all.bytes > SIZE_MAX) {  // a 32-bit kjump cannot map so much
    return fail(ErrorCode::kInvalid, "outside of the kernel's memory", "placement");
  }
  const auto bytes = static_cast<std::size_t>(wanted);
  if (huge_ || mapping_) {
    return (huge_ ? huge_->bytes() : mapping_->bytes())
        .subspan(static_cast<std::size_t>(address - all.base), bytes);
  }
  if (pieces_.size() == abi::two_kernels::kCopyPieces) {
    return fail(ErrorCode::kLimit, "too many pieces", "placement");
  }
  pieces_.push_back({address, bytes});
  const std::size_t before = content_.size();
  content_.resize(before + bytes);
  return std::span(content_).subspan(before);
}

void Placement::keep() {
  if (huge_) {
    huge_->keep();
  }
}

}  // namespace kjump::two_kernels
