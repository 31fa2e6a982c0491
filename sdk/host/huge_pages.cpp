// SPDX-License-Identifier: MIT
#include "host/huge_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace kjump {
namespace {

constexpr const char* kPool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

constexpr const char* kSurplus = "/sys/kernel/mm/hugepages/hugepages-2048kB/surplus_hugepages";

std::optional<std::uint64_t> number_in(const System& system, const char* file) {
  const std::string text = system.read_line(file);
  std::uint64_t pages = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pages);
  return error == std::errc{} && end != text.data() ? std::optional(pages) : std::nullopt;
}

// What the file can be set to. Pages that were taken out of the pool while in use count in it, too, until
// they are free; whoever took them for the pool's would put them back in.
std::optional<std::uint64_t> pool_size(const System& system) {
  const auto pages = number_in(system, kPool);
  const std::uint64_t surplus = number_in(system, kSurplus).value_or(0);
  return pages ? std::optional(*pages - std::min(surplus, *pages)) : std::nullopt;
}

// The kernel makes as many as it can; what the file says then is how many there are.
std::uint64_t resize(System& system, std::uint64_t pages) {
  static_cast<void>(system.write_line(kPool, std::to_string(pages)));
  return pool_size(system).value_or(0);
}

}  // namespace

Result<HugePages> HugePages::add(System& system, std::uint64_t pages) {
  const auto before = pool_size(system);
  if (!before) {
    return fail(ErrorCode::kUnsupported, "there are no huge pages of 2 MiB", kPool,
                "run as root; the kernel needs CONFIG_HUGETLBFS");
  }
  std::uint64_t now = resize(system, *before + pages);
  // Memory is in small pieces: let the kernel tidy up. What it has put together it keeps, so that the next
  // try asks for less.
  constexpr int kTries = 3;
  for (int i = 0; i < kTries && now < *before + pages; ++i) {
    static_cast<void>(system.write_line("/proc/sys/vm/drop_caches", i == 0 ? "1" : "3"));
    static_cast<void>(system.write_line("/proc/sys/vm/compact_memory", "1"));
    now = resize(system, *before + pages);
  }
  if (now < *before + pages) {
    resize(system, *before);
    return fail(ErrorCode::kLimit,
                fmt::format("the kernel cannot put together {} pages of 2 MiB, only {}", pages,
                            now > *before ? now - *before : 0),
                kPool, "free some memory, or try again with --drop-caches");
  }
  return HugePages(system, pages);
}

HugePages::~HugePages() {
  give_back(*system_, added_);
}

void HugePages::give_back(System& system, std::uint64_t pages) {
  // Others may have changed the pool meanwhile: take away as many as were added.
  const std::uint64_t now = pages != 0 ? pool_size(system).value_or(0) : 0;
  if (now >= pages && pages != 0) {
    resize(system, now - pages);
  }
}

}  // namespace kjump
