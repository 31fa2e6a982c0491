// SPDX-License-Identifier: MIT
#include "kernel/placement.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernel/registry.hpp"

namespace kjump::two_kernels {

using abi::two_kernels::Place;

namespace {

std::string why_this(Place place) {
  switch (place) {
    case Place::kHugePages:
      return "nothing has to be reserved or swapped";
    case Place::kReserved:
      return "reserved at boot";
    case Place::kSwapped:
      return "swapped at each jump";
  }
  return {};
}

}  // namespace

Result<Placement> Placement::find(System& system, const std::string& name, std::uint64_t bytes,
                                  std::optional<Place> kind, const std::vector<MemoryPiece>& taken) {
  Placement placement;
  if (kind) {
    placement.reason_ = "as asked for";
    KJUMP_CHECK(placement.take(system, *kind, name, bytes, taken));
    return placement;
  }
  std::string before;
  for (const Place next : {Place::kHugePages, Place::kReserved, Place::kSwapped}) {
    placement.reason_ = before + why_this(next);
    const auto done = placement.take(system, next, name, bytes, taken);
    if (done) {
      return placement;
    }
    before += fmt::format("{}: {}; ", place_name(next), done.error().what);
  }
  return fail(ErrorCode::kLimit, "no memory for it. " + before.substr(0, before.size() - 2), "--place auto",
              "give the kernel less --memory, free some, or reserve memory at boot: memmap= or crashkernel=");
}

Result<void> Placement::take(System& system, Place kind, const std::string& name, std::uint64_t bytes,
                             const std::vector<MemoryPiece>& taken) {
  kind_ = kind;
  switch (kind) {
    case Place::kHugePages: {
      KJUMP_TRY(HugePlace huge, HugePlace::take(system, name, bytes));
      huge_.emplace(std::move(huge));
      return {};
    }
    case Place::kReserved: {
      KJUMP_TRY(const ReservedPiece reserved, find_reserved(system, bytes, taken));
      return use(system, reserved);
    }
    case Place::kSwapped: {
      KJUMP_TRY(SwappedPlace swapped, SwappedPlace::choose(system, bytes, taken));
      swapped_.emplace(std::move(swapped));
      return {};
    }
  }
  return fail(ErrorCode::kInvalid, "unknown placement", "--place");
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
  if (swapped_) {
    return swapped_->room(address, bytes);
  }
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
