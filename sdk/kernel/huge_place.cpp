// SPDX-License-Identifier: MIT
#include "kernel/huge_place.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "host/huge_pages.hpp"
#include "host/memory_info.hpp"
#include "kernel/huge_file.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kPage = HugePages::kBytes;
// Old firmware and ISA DMA have their business below; and a kernel would move itself up from there.
constexpr std::uint64_t kLowest = std::uint64_t{16} << 20;
// Of what is free, what the search never takes: the system goes on meanwhile.
constexpr std::uint64_t kLeftFree = std::uint64_t{24} << 20;

/// The longest run of neighbours, [first, last) of the pages, which are in order of address.
std::span<const HugePage> longest_run(std::span<const HugePage> pages) {
  std::span<const HugePage> best;
  for (std::size_t first = 0; first < pages.size();) {
    std::size_t last = first + 1;
    while (last < pages.size() && pages[last].address == pages[last - 1].address + kPage) {
      ++last;
    }
    if (last - first > best.size()) {
      best = pages.subspan(first, last - first);
    }
    first = last;
  }
  return best;
}

struct Search {
  HugeFile file;
  std::vector<HugePages> pools;
  std::vector<HugePage> pages;  ///< by address
};

// Free pages of the pool first, then ever more new ones: the kernel gives no say in which.
Result<std::span<const HugePage>> find_run(System& system, Search& search, std::uint64_t wanted) {
  std::uint64_t target = wanted;
  for (std::uint64_t more = wanted;; more = std::max<std::uint64_t>(wanted / 2, 1)) {
    std::uint64_t have = search.file.grow_to(target);
    if (have < target) {
      const std::uint64_t free = memory_info(system, "MemFree");
      const std::uint64_t room = free > kLeftFree ? (free - kLeftFree) / kPage : 0;
      if (auto pool = HugePages::add(system, std::min(target - have, room)); room != 0 && pool) {
        search.pools.push_back(*std::move(pool));
      }
      have = search.file.grow_to(target);
    }
    KJUMP_TRY(search.pages, search.file.pages(system));
    std::sort(search.pages.begin(), search.pages.end(),
              [](const HugePage& a, const HugePage& b) { return a.address < b.address; });
    const auto low = std::find_if(search.pages.begin(), search.pages.end(),
                                  [](const HugePage& page) { return page.address >= kLowest; });
    const auto skipped = static_cast<std::size_t>(low - search.pages.begin());
    const std::span<const HugePage> run = longest_run(std::span(search.pages).subspan(skipped));
    if (run.size() >= wanted) {
      return run.first(static_cast<std::size_t>(wanted));
    }
    if (have < target) {
      constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
      return fail(
          ErrorCode::kLimit,
          fmt::format("no {} MiB in one piece, only {}", wanted * kPage / kMebibyte,
                      run.size() * kPage / kMebibyte),
          "huge pages",
          "give the kernel less --memory, free some, or reserve memory at boot: memmap= or crashkernel=");
    }
    target = have + more;
  }
}

}  // namespace

Result<HugePlace> HugePlace::take(System& system, const std::string& name, std::uint64_t bytes) {
  const std::uint64_t wanted = (bytes + kPage - 1) / kPage;
  HugePlace place(system, name);  // from here on its destructor removes the file
  KJUMP_TRY(HugeFile file, HugeFile::create(system, name));
  Search search{std::move(file), {}, {}};
  KJUMP_TRY(const std::span<const HugePage> run, find_run(system, search, wanted));
  std::vector<HugePage> others;
  for (const HugePage& page : search.pages) {
    if (page.address < run.front().address || page.address > run.back().address) {
      others.push_back(page);
    }
  }
  KJUMP_CHECK(search.file.punch(others));
  std::uint64_t added = 0;
  for (HugePages& pool : search.pools) {
    added += pool.keep();
  }
  place.pool_pages_ = std::min(added, wanted);
  HugePages::give_back(system, added - place.pool_pages_);
  KJUMP_TRY(place.bytes_, search.file.map(run));
  place.piece_ = {run.front().address, wanted * kPage};
  return place;
}

void HugePlace::release(System& system, const std::string& name, std::uint64_t pool_pages) {
  HugeFile::remove(system, name);
  HugePages::give_back(system, pool_pages);
}

HugePlace::HugePlace(HugePlace&& other) noexcept
    : system_(std::exchange(other.system_, nullptr)),
      name_(std::move(other.name_)),
      piece_(other.piece_),
      bytes_(std::exchange(other.bytes_, {})),
      pool_pages_(other.pool_pages_),
      kept_(other.kept_) {}

HugePlace::~HugePlace() {
  if (!bytes_.empty()) {
    ::munmap(bytes_.data(), bytes_.size());
  }
  if (system_ != nullptr && !kept_) {
    release(*system_, name_, pool_pages_);
  }
}

}  // namespace kjump::two_kernels
