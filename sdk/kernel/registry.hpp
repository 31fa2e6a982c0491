// SPDX-License-Identifier: MIT
/// The second kernels that this one has started, one file each (/run/kjump/kernels/NAME.json).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kjump/abi/two_kernels.hpp>
#include <kjump/result.hpp>

#include "host/system.hpp"
#include "kernel/layout.hpp"

namespace kjump::two_kernels {

struct KernelEntry {
  std::string name;
  std::uint64_t id = 0;  ///< abi::two_kernels::HandOff::id
  abi::two_kernels::Place place = abi::two_kernels::Place::kHugePages;
  MemoryPiece memory;
  std::uint64_t pool_pages = 0;  ///< kHugePages: what the pool was enlarged by
  std::string release;           ///< as the file told; what the kernel itself says is in its record
  std::string file;
  std::string command_line;
  std::uint64_t started_at = 0;  ///< seconds since 1970
};

/// "hugepages", "reserved", "swapped".
[[nodiscard]] const char* place_name(abi::two_kernels::Place place);

/// Letters, digits, '-', '_' and '.', at most 31, not a dot first.
[[nodiscard]] Result<void> check_kernel_name(const std::string& name);

class Registry {
 public:
  explicit Registry(const System& system) : system_(system) {}

  [[nodiscard]] std::vector<KernelEntry> list() const;
  [[nodiscard]] std::optional<KernelEntry> find(const std::string& name) const;
  /// The one that is meant when no name is given; an error when there is none, or more than one.
  [[nodiscard]] Result<KernelEntry> choose(const std::string& name) const;
  [[nodiscard]] Result<void> put(const KernelEntry& entry) const;
  void remove(const std::string& name) const;

  /// The hand-off page as it was when this kernel had last come back, or nothing.
  [[nodiscard]] std::optional<abi::two_kernels::HandOff> page_of(const std::string& name) const;
  [[nodiscard]] Result<void> put_page(const std::string& name, const abi::two_kernels::HandOff& page) const;

 private:
  const System& system_;
};

}  // namespace kjump::two_kernels
