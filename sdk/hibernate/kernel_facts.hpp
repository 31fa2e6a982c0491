// SPDX-License-Identifier: MIT
/// What the payloads need to know of the running kernel (hibernation.md 4): where its page structures are,
/// how to tell a free page, and where its note VMCOREINFO lies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kjump/abi/hibernate/kernel.hpp>
#include <kjump/result.hpp>

#include "hibernate/free_fill.hpp"
#include "hibernate/vmcoreinfo.hpp"
#include "host/system.hpp"

namespace kjump::hibernate {

struct KernelKnowledge {
  abi::hibernate::KernelFacts facts{};
  std::string release;
  std::uint64_t note = 0;  ///< physical address of VMCOREINFO's ELF note
  std::uint64_t note_bytes = 0;
  std::uint64_t kernel_offset = 0;
  FreeFillFinding free_fill;
  std::uint64_t vmemmap_by_sections = 0;
  std::optional<std::uint64_t> vmemmap_by_symbol;  ///< kernels from 6.7 on say it
};

/// x86_64 only. Needs /proc/kcore.
[[nodiscard]] Result<KernelKnowledge> read_kernel_knowledge(const System& system);

/// The part that VMCOREINFO says alone: all facts but vmemmap and free_fill.
[[nodiscard]] Result<abi::hibernate::KernelFacts> facts_of(const Vmcoreinfo& info);

/// "0x00000000011e4000 1024": address and size, both hexadecimal (kernel/ksysfs.c: vmcoreinfo_show()).
struct NotePlace {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};
[[nodiscard]] Result<NotePlace> parse_note_place(const std::string& line);

}  // namespace kjump::hibernate
