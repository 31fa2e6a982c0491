// SPDX-License-Identifier: MIT
#include "kernel/dump_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "hibernate/kernel_facts.hpp"
#include "hibernate/saved_paging.hpp"
#include "hibernate/vmcoreinfo.hpp"
#include "hibernate/vmemmap.hpp"

namespace kjump::two_kernels {
namespace {

constexpr const char* kSubject = "the kernel in the dump";

/// Kernel memory by virtual address, through the kernel's own page tables.
class KernelInDump {
 public:
  KernelInDump(Dump& dump, const abi::hibernate::KernelFacts& facts)
      : dump_(dump),
        paging_([&dump](std::uint64_t physical, std::span<std::byte> to) { return dump.read(physical, to); },
                facts.page_table, facts.five_levels != 0 ? 5 : 4, facts.sme_mask) {}

  /// None where a part is not mapped.
  Result<bool> read(std::uint64_t address, std::span<std::byte> to) {
    while (!to.empty()) {
      const auto within = static_cast<std::size_t>(address % abi::kPageBytes);
      const std::size_t part = std::min<std::size_t>(to.size(), abi::kPageBytes - within);
      KJUMP_TRY(const auto physical, paging_.translate(address));
      if (!physical) {
        return false;
      }
      KJUMP_CHECK(dump_.read(*physical, to.first(part)));
      address += part;
      to = to.subspan(part);
    }
    return true;
  }

 private:
  Dump& dump_;
  hibernate::SavedPaging paging_;
};

/// What it takes to tell kinds apart, beside KernelFacts.
struct KindFacts {
  std::uint32_t mapping_offset = 0;
  unsigned lru = 0;
  unsigned private_bit = 0;
  // How slabs are marked, whose fields in the mapping's place may look like anything.
  std::optional<unsigned> slab;            ///< a flag, up to Linux 6.9
  std::optional<std::uint32_t> slab_type;  ///< a type, as a free page has one, from then on
  std::optional<unsigned> swap_cache;
  std::optional<unsigned> swap_backed;
};

Result<unsigned> flag_bit(const hibernate::Vmcoreinfo& info, const char* name) {
  KJUMP_TRY(const std::int64_t bit, info.number(name));
  if (bit < 0 || bit >= 64) {
    return fail(ErrorCode::kMalformed, fmt::format("{} is {}", name, bit), kSubject);
  }
  return static_cast<unsigned>(bit);
}

Result<KindFacts> read_kind_facts(const hibernate::Vmcoreinfo& info, std::uint32_t page_struct_bytes) {
  KindFacts facts;
  KJUMP_TRY(facts.mapping_offset, info.offset("page.mapping"));
  if (facts.mapping_offset > page_struct_bytes - sizeof(std::uint64_t)) {
    return fail(ErrorCode::kMalformed, "struct page has no room for its mapping", kSubject);
  }
  KJUMP_TRY(facts.lru, flag_bit(info, "PG_lru"));
  KJUMP_TRY(facts.private_bit, flag_bit(info, "PG_private"));
  if (const auto bit = flag_bit(info, "PG_slab")) {
    facts.slab = *bit;
  } else {
    KJUMP_TRY(const std::int64_t type, info.number("PAGE_SLAB_MAPCOUNT_VALUE"));
    facts.slab_type = static_cast<std::uint32_t>(static_cast<std::uint64_t>(type));
  }
  if (const auto bit = flag_bit(info, "PG_swapcache")) {
    facts.swap_cache = *bit;
  }
  if (const auto bit = flag_bit(info, "PG_swapbacked")) {
    facts.swap_backed = *bit;
  }
  return facts;
}

template <typename Number>
Number field(std::span<const std::byte> structure, std::uint32_t offset) {
  Number value = 0;
  std::memcpy(&value, structure.data() + offset, sizeof value);
  return value;
}

PageKind kind_of(std::span<const std::byte> page, const abi::hibernate::KernelFacts& facts,
                 const KindFacts& kinds) {
  const auto flags = field<std::uint64_t>(page, facts.flags_offset);
  const auto has = [flags](unsigned bit) { return (flags >> bit & 1U) != 0; };
  const auto type = field<std::uint32_t>(page, facts.type_offset);
  if ((kinds.slab && has(*kinds.slab)) || (kinds.slab_type && (type & facts.type_mask) == *kinds.slab_type)) {
    return PageKind::kOther;
  }
  constexpr std::uint64_t kAnonymous = 1;  // PAGE_MAPPING_ANON
  if ((field<std::uint64_t>(page, kinds.mapping_offset) & kAnonymous) != 0) {
    return PageKind::kUser;
  }
  const bool swap_cache =
      kinds.swap_cache && has(*kinds.swap_cache) && (!kinds.swap_backed || has(*kinds.swap_backed));
  if (has(kinds.lru) || swap_cache) {
    return has(kinds.private_bit) ? PageKind::kPrivateCache : PageKind::kCache;
  }
  return PageKind::kOther;
}

/// Frames of a free block that begins here; 0: it is none.
std::uint64_t free_frames(std::span<const std::byte> page, const abi::hibernate::KernelFacts& facts,
                          std::uint64_t frame) {
  const auto type = field<std::uint32_t>(page, facts.type_offset);
  const auto order = field<std::uint64_t>(page, facts.order_offset);
  if ((type & facts.type_mask) != facts.buddy_type || order >= facts.orders ||
      frame % (std::uint64_t{1} << order) != 0) {
    return 0;
  }
  return std::uint64_t{1} << order;
}

Result<std::uint64_t> find_vmemmap(KernelInDump& kernel, const hibernate::Vmcoreinfo& info) {
  KJUMP_TRY(const auto by_symbol, hibernate::vmemmap_by_symbol(info));
  if (by_symbol) {
    return *by_symbol;
  }
  const auto read = [&kernel](std::uint64_t address, std::size_t bytes) -> Result<std::string> {
    std::string content(bytes, '\0');
    KJUMP_TRY(const bool mapped, kernel.read(address, std::as_writable_bytes(std::span(content))));
    if (!mapped) {
      return fail(ErrorCode::kMalformed, fmt::format("nothing is mapped at {:#x}", address), kSubject);
    }
    return content;
  };
  return hibernate::vmemmap_by_sections(hibernate::ReadKernel(read), info);
}

}  // namespace

Result<void> survey_dump(Dump& dump, const TellPages& tell) {
  KJUMP_TRY(const hibernate::Vmcoreinfo info, hibernate::Vmcoreinfo::parse(dump.facts().vmcoreinfo));
  KJUMP_TRY(const abi::hibernate::KernelFacts facts, hibernate::facts_of(info));
  KJUMP_TRY(const KindFacts kinds, read_kind_facts(info, facts.page_struct_bytes));
  KernelInDump kernel(dump, facts);
  KJUMP_TRY(const std::uint64_t vmemmap, find_vmemmap(kernel, info));
  constexpr std::uint64_t kAtOnce = 512;
  std::vector<std::byte> structures(static_cast<std::size_t>(kAtOnce * facts.page_struct_bytes));
  const auto memory = dump.facts().memory;
  for (const MemoryPiece& piece : memory) {
    const std::uint64_t end = piece.end() / abi::kPageBytes;
    for (std::uint64_t frame = piece.base / abi::kPageBytes; frame < end;) {
      const std::uint64_t count = std::min(kAtOnce - frame % kAtOnce, end - frame);
      const auto bytes =
          std::span(structures).first(static_cast<std::size_t>(count * facts.page_struct_bytes));
      KJUMP_TRY(const bool mapped, kernel.read(vmemmap + frame * facts.page_struct_bytes, bytes));
      std::uint64_t next = frame + count;
      for (std::uint64_t at = frame; at < next;) {
        const auto page = bytes.subspan(static_cast<std::size_t>((at - frame) * facts.page_struct_bytes),
                                        facts.page_struct_bytes);
        const std::uint64_t free = mapped ? free_frames(page, facts, at) : 0;
        const std::uint64_t told = std::min(std::max<std::uint64_t>(free, 1), end - at);
        tell(at, told, free != 0 ? PageKind::kFree : mapped ? kind_of(page, facts, kinds) : PageKind::kOther);
        at += told;
        next = std::max(next, at);
      }
      frame = next;
    }
  }
  return {};
}

}  // namespace kjump::two_kernels
