// SPDX-License-Identifier: MIT
/// Where the kernel's page structures begin: the virtual address of that of frame 0 (hibernation.md 4.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <kjump/result.hpp>

#include "hibernate/vmcoreinfo.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

/// From the table of memory sections, which every kernel tells.
[[nodiscard]] Result<std::uint64_t> vmemmap_by_sections(const System& system, const Vmcoreinfo& info);

/// The same of a kernel whose memory this reads, by virtual addresses.
using ReadKernel = std::function<Result<std::string>(std::uint64_t address, std::size_t bytes)>;
[[nodiscard]] Result<std::uint64_t> vmemmap_by_sections(const ReadKernel& read, const Vmcoreinfo& info);

/// From SYMBOL(vmemmap); none where the kernel does not tell it.
[[nodiscard]] Result<std::optional<std::uint64_t>> vmemmap_by_symbol(const Vmcoreinfo& info);

/// The address that all present sections of one root agree on; none when none is present. An error when they
/// differ: then page structures are not in one array (no CONFIG_SPARSEMEM_VMEMMAP).
[[nodiscard]] Result<std::optional<std::uint64_t>> decode_sections(std::string_view root,
                                                                   std::uint32_t section_bytes);

}  // namespace kjump::hibernate
