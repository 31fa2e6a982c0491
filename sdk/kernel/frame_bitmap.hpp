// SPDX-License-Identifier: MIT
/// A bit for each page frame, and how many are set before one.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace kjump::two_kernels {

class FrameBitmap {
 public:
  FrameBitmap() = default;
  /// Bit `frame % 8` of byte `frame / 8`, the lowest bit first; bits from `frames` on do not count.
  FrameBitmap(std::span<const std::byte> bytes, std::uint64_t frames) : frames_(frames) {
    words_.resize(static_cast<std::size_t>((frames + kBits - 1) / kBits));
    std::memcpy(words_.data(), bytes.data(), std::min(bytes.size(), words_.size() * sizeof(std::uint64_t)));
    if (frames % kBits != 0) {
      words_.back() &= (std::uint64_t{1} << frames % kBits) - 1;
    }
    count();
  }

  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] bool test(std::uint64_t frame) const {
    return frame < frames_ && (words_[static_cast<std::size_t>(frame / kBits)] >> frame % kBits & 1U) != 0;
  }
  /// Set bits of frames below this one, which is below frames().
  [[nodiscard]] std::uint64_t rank(std::uint64_t frame) const {
    const std::uint64_t below =
        words_[static_cast<std::size_t>(frame / kBits)] & ((std::uint64_t{1} << frame % kBits) - 1);
    return before_[static_cast<std::size_t>(frame / kBits)] +
           static_cast<std::uint64_t>(std::popcount(below));
  }
  [[nodiscard]] std::uint64_t set() const { return set_; }

 private:
  static constexpr std::uint64_t kBits = 64;

  void count() {
    before_.reserve(words_.size());
    for (const std::uint64_t word : words_) {
      before_.push_back(set_);
      set_ += static_cast<std::uint64_t>(std::popcount(word));
    }
  }

  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> before_;
  std::uint64_t frames_ = 0;
  std::uint64_t set_ = 0;
};

}  // namespace kjump::two_kernels
