// SPDX-License-Identifier: MIT
/// Memory for a second kernel, of whatever kind, and how its content gets there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/huge_place.hpp"
#include "kernel/layout.hpp"
#include "kernel/reserved_place.hpp"
#include "kernel/swapped_place.hpp"

namespace kjump::two_kernels {

class Placement {
 public:
  /// Without a kind: huge pages, else memory that was reserved at boot, else what is swapped at each jump.
  /// `taken` is what other kernels have.
  [[nodiscard]] static Result<Placement> find(System& system, const std::string& name, std::uint64_t bytes,
                                              std::optional<abi::two_kernels::Place> kind,
                                              const std::vector<MemoryPiece>& taken);

  /// At that very address: within memory that was reserved at boot.
  [[nodiscard]] static Result<Placement> find_at(System& system, std::uint64_t address, std::uint64_t bytes,
                                                 std::optional<abi::two_kernels::Place> kind,
                                                 const std::vector<MemoryPiece>& taken);

  [[nodiscard]] abi::two_kernels::Place kind() const { return kind_; }
  [[nodiscard]] MemoryPiece piece() const {
    return huge_ ? huge_->piece() : swapped_ ? swapped_->piece() : reserved_;
  }
  /// Why this kind, in words.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::uint64_t pool_pages() const { return huge_ ? huge_->pool_pages() : 0; }

  /// Room for `wanted` bytes at a physical address within the piece, to be filled before the next call.
  [[nodiscard]] Result<std::span<std::byte>> room(std::uint64_t address, std::uint64_t wanted);
  /// What could not be written to its place and has to be copied by the payload; pieces in this order.
  [[nodiscard]] std::span<const std::byte> content() const { return content_; }
  [[nodiscard]] const std::vector<abi::two_kernels::CopyPiece>& pieces() const { return pieces_; }
  /// kSwapped: the memory with its content, to be loaded with the image. Once.
  [[nodiscard]] Result<std::vector<Segment>> segments(const System& system) {
    return swapped_->segments(system);
  }
  /// See SwappedPlace::spare().
  [[nodiscard]] CoreRoom spare() const { return swapped_ ? swapped_->spare() : CoreRoom{}; }

  /// The memory stays taken when the object goes.
  void keep();

 private:
  Placement() = default;

  [[nodiscard]] Result<void> take(System& system, abi::two_kernels::Place kind, const std::string& name,
                                  std::uint64_t bytes, const std::vector<MemoryPiece>& taken);
  [[nodiscard]] Result<void> use(const System& system, const ReservedPiece& reserved);

  abi::two_kernels::Place kind_ = abi::two_kernels::Place::kHugePages;
  std::optional<HugePlace> huge_;
  std::optional<SwappedPlace> swapped_;
  std::optional<ReservedMapping> mapping_;  ///< of reserved memory, where it may be written to
  MemoryPiece reserved_;
  std::string reason_;
  std::vector<std::byte> content_;
  std::vector<abi::two_kernels::CopyPiece> pieces_;
};

}  // namespace kjump::two_kernels
