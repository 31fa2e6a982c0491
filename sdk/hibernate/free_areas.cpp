// SPDX-License-Identifier: MIT
#include "hibernate/free_areas.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "host/kernel_memory.hpp"

namespace kjump::hibernate {
namespace {

constexpr std::uint32_t kMostNodes = 1024;  // MAX_NUMNODES of x86_64 (CONFIG_NODES_SHIFT up to 10)
constexpr std::uint32_t kMostZonesOfNode = 16;

struct Layout {
  std::uint32_t node_zones = 0, nr_zones = 0;  // in struct pglist_data
  std::uint32_t zone_bytes = 0, free_area = 0;
};

std::optional<Layout> layout_of(const Vmcoreinfo& info, abi::hibernate::KernelFacts& facts) {
  const auto zones = info.offset("pglist_data.node_zones");
  const auto count = info.offset("pglist_data.nr_zones");
  const auto bytes = info.size("zone");
  const auto area = info.offset("zone.free_area");
  const auto area_bytes = info.size("free_area");
  const auto list_bytes = info.size("list_head");
  const auto lists = info.length("free_area.free_list");
  if (!zones || !count || !bytes || !area || !area_bytes || !list_bytes || !lists) {
    return std::nullopt;
  }
  // include/linux/mmzone.h: struct free_area { struct list_head free_list[MIGRATE_TYPES]; unsigned long
  // nr_free; }
  const std::uint64_t counter = std::uint64_t{*list_bytes} * *lists;
  if (counter + sizeof(std::uint64_t) != *area_bytes) {
    return std::nullopt;
  }
  facts.free_area_bytes = *area_bytes;
  facts.free_count_offset = static_cast<std::uint32_t>(counter);
  return Layout{*zones, *count, *bytes, *area};
}

// Addresses of all struct pglist_data: one without NUMA, else an array of pointers with holes.
Result<std::vector<std::uint64_t>> nodes(const System& system, const Vmcoreinfo& info) {
  if (info.value("SYMBOL(contig_page_data)")) {
    KJUMP_TRY(const std::uint64_t only, info.symbol("contig_page_data"));
    return std::vector<std::uint64_t>{only};
  }
  std::vector<std::uint64_t> found;
  if (!info.value("SYMBOL(node_data)") || !info.value("LENGTH(node_data)")) {
    return found;
  }
  KJUMP_TRY(const std::uint64_t array, info.symbol("node_data"));
  KJUMP_TRY(const std::uint32_t length, info.length("node_data"));
  const std::size_t count = std::min(length, kMostNodes);
  KJUMP_TRY(const std::string bytes, read_kernel_memory(system, array, count * sizeof(std::uint64_t)));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t node = 0;
    std::memcpy(&node, bytes.data() + i * sizeof node, sizeof node);
    if (node != 0) {
      found.push_back(node);
    }
  }
  return found;
}

}  // namespace

Result<void> find_free_areas(const System& system, const Vmcoreinfo& info,
                             abi::hibernate::KernelFacts& facts) {
  const std::optional<Layout> layout = layout_of(info, facts);
  if (!layout) {
    return {};
  }
  KJUMP_TRY(const std::vector<std::uint64_t> all, nodes(system, info));
  std::uint32_t count = 0;
  for (const std::uint64_t node : all) {
    KJUMP_TRY(const std::string word,
              read_kernel_memory(system, node + layout->nr_zones, sizeof(std::uint32_t)));
    std::uint32_t zones = 0;
    std::memcpy(&zones, word.data(), sizeof zones);
    if (zones == 0 || zones > kMostZonesOfNode) {
      return fail(ErrorCode::kMalformed, "a node with " + std::to_string(zones) + " zones cannot be",
                  "OFFSET(pglist_data.nr_zones)", "please report this");
    }
    if (count + zones > abi::hibernate::kMostZones) {
      return {};
    }
    for (std::uint32_t zone = 0; zone < zones; ++zone) {
      facts.free_areas[count++] =
          node + layout->node_zones + std::uint64_t{zone} * layout->zone_bytes + layout->free_area;
    }
  }
  facts.zones = count;
  return {};
}

}  // namespace kjump::hibernate
