// SPDX-License-Identifier: MIT
#include "host/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace kjump {
namespace {

constexpr std::size_t kPage = abi::kPageBytes;
// What one run may take: memory that is copied, and that nobody else can have meanwhile.
constexpr std::uint64_t kMost = std::uint64_t{1} << 30;

std::size_t pages_for(std::uint64_t bytes) {
  return static_cast<std::size_t>((bytes + kPage - 1) / kPage);
}

/// The pages of one direction: its content, then its list, whose pages lie among them.
struct Part {
  std::size_t first;
  std::size_t content_pages;
  std::size_t list_pages;  ///< enough for the worst case

  [[nodiscard]] std::size_t list() const { return first + content_pages; }
  [[nodiscard]] std::size_t end() const { return first + content_pages + list_pages; }
};

Part part_at(std::size_t first, std::uint64_t bytes) {
  const std::size_t pages = pages_for(bytes);
  return {first, pages, list_pages_for(pages)};
}

/// Writes the list into its pages; returns where it begins, or none for no bytes.
abi::Bulk lay_list(const PinnedMemory& memory, const Part& part, std::uint64_t bytes) {
  if (bytes == 0) {
    return {};
  }
  const std::span<const std::uint64_t> pages = memory.pages();
  const auto places = pages.subspan(part.list(), part.list_pages);
  const auto extents = join_pages(pages.subspan(part.first, part.content_pages));
  const auto list = make_list(extents, places);
  std::memcpy(memory.bytes().data() + part.list() * kPage, list.data(), list.size() * kPage);
  return {places.front(), bytes};
}

Result<void> check_size(std::uint64_t request, std::uint64_t room) {
  if (request > kMost || room > kMost) {
    return fail(ErrorCode::kLimit,
                fmt::format("a bulk request of {} bytes or a reply of {} is too much", request, room),
                "bulk exchange", fmt::format("at most {} bytes each", kMost));
  }
  return {};
}

Result<void> check_reach(const PinnedMemory& memory, std::uint64_t reachable) {
  const auto highest = std::max_element(memory.pages().begin(), memory.pages().end());
  if (highest == memory.pages().end() || *highest < reachable) {
    return {};
  }
  return fail(ErrorCode::kLimit,
              fmt::format("bulk memory lies at {:#x}, which the payload cannot reach", *highest),
              "bulk exchange", "link the payload with --mode long");
}

}  // namespace

std::size_t list_pages_for(std::size_t extents) {
  return (extents + abi::kBulkExtentsPerPage - 1) / abi::kBulkExtentsPerPage;
}

std::vector<abi::BulkExtent> join_pages(std::span<const std::uint64_t> pages) {
  std::vector<abi::BulkExtent> extents;
  for (const std::uint64_t page : pages) {
    if (!extents.empty() && extents.back().address + extents.back().bytes == page) {
      extents.back().bytes += kPage;
    } else {
      extents.push_back({page, kPage});
    }
  }
  return extents;
}

std::vector<abi::BulkListPage> make_list(std::span<const abi::BulkExtent> extents,
                                         std::span<const std::uint64_t> places) {
  std::vector<abi::BulkListPage> list(std::min(list_pages_for(extents.size()), places.size()));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto mine = extents.subspan(i * abi::kBulkExtentsPerPage);
    abi::BulkListPage& page = list[i];
    page.next = i + 1 < list.size() ? places[i + 1] : 0;
    page.count = std::min<std::size_t>(mine.size(), abi::kBulkExtentsPerPage);
    std::copy_n(mine.begin(), page.count, std::begin(page.extents));
  }
  return list;
}

BulkMemory::BulkMemory(PinnedMemory memory, std::size_t reply_page, std::uint64_t room)
    : memory_(std::move(memory)), reply_page_(reply_page), room_(room) {}

Result<BulkMemory> BulkMemory::open(System& system, std::span<const std::byte> request,
                                    std::uint64_t reply_room, std::uint64_t reachable, BulkPages pages) {
  KJUMP_CHECK(check_size(request.size(), reply_room));
  const Part in = part_at(0, request.size());
  const Part out = part_at(in.end(), reply_room);
  KJUMP_TRY(PinnedMemory memory, pages == BulkPages::kLarge
                                     ? PinnedMemory::allocate_large(system, out.end() * kPage)
                                     : PinnedMemory::allocate(system, out.end() * kPage));
  KJUMP_CHECK(check_reach(memory, reachable));
  std::copy(request.begin(), request.end(), memory.bytes().begin());
  BulkMemory bulk(std::move(memory), out.first, reply_room);
  bulk.fields_ = {lay_list(bulk.memory_, in, request.size()), lay_list(bulk.memory_, out, reply_room)};
  return bulk;
}

std::span<const std::byte> BulkMemory::reply(std::uint64_t bytes) const {
  return memory_.bytes().subspan(reply_page_ * kPage, static_cast<std::size_t>(std::min(bytes, room_)));
}

}  // namespace kjump
