// SPDX-License-Identifier: MIT
/// An image in its place in low memory, put there through /dev/mem. For doors at which no kernel copies it.
#pragma once

#include <cstddef>
#include <vector>

#include <kjump/image.hpp>
#include <kjump/result.hpp>

#include "host/physical_memory.hpp"
#include "host/system.hpp"

namespace kjump {

/// What lay there before comes back when the object goes. Needs memory that the kernel does not own: below
/// 1 MiB on Linux 5.13 and later.
class PlacedImage {
 public:
  [[nodiscard]] static Result<PlacedImage> place(const System& system, const std::vector<Segment>& segments);

  PlacedImage(PlacedImage&& other) noexcept = default;
  PlacedImage& operator=(PlacedImage&& other) = delete;
  PlacedImage(const PlacedImage&) = delete;
  PlacedImage& operator=(const PlacedImage&) = delete;
  ~PlacedImage();

 private:
  struct Piece {
    PhysicalMapping mapping;
    std::vector<std::byte> before;
  };
  explicit PlacedImage(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::vector<Piece> pieces_;
};

}  // namespace kjump
