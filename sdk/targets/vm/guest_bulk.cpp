// SPDX-License-Identifier: MIT
#include "targets/vm/guest_bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include <kjump/abi/carrier.hpp>

namespace kjump::targets {
namespace {

constexpr std::uint64_t kMib = 1 << 20;
// QEMU's machines have their hole for devices no lower than this (q35).
constexpr std::uint64_t kHoleAt = 2048 * kMib;

// A list of one extent: nothing is scattered in memory that we lay out ourselves.
Result<void> write_list(const GuestMemory& memory, std::uint64_t list, std::uint64_t content,
                        std::uint64_t bytes) {
  const std::array<abi::BulkExtent, 1> extents{{{content, bytes}}};
  const std::array<std::uint64_t, 1> places{list};
  const auto pages = make_list(extents, places);
  return memory.write(list, std::as_bytes(std::span(pages)));
}

}  // namespace

Result<GuestBulk> GuestBulk::plan(const Image& image, const RunRequest& request, std::uint32_t memory_mib) {
  GuestBulk bulk;
  const std::uint64_t total = request.bulk_request.size() + request.bulk_reply_room;
  if (total == 0) {
    return bulk;
  }
  if (image.info().standalone() || image.info().mode == abi::PayloadMode::kReal) {
    return fail(ErrorCode::kInvalid, "the payload takes no bulk request and gives no bulk reply",
                image.info().name, "it takes an image of mode physical or long that is not standalone");
  }
  // Two pages for the lists in front.
  constexpr std::uint64_t kLists = std::uint64_t{2} * abi::kPageBytes;
  const std::uint64_t end = std::min<std::uint64_t>(memory_mib * kMib, kHoleAt);
  if (end < abi::kCarrierBulkBase + kLists || total > end - abi::kCarrierBulkBase - kLists) {
    return fail(ErrorCode::kLimit,
                fmt::format("{} MiB of memory do not hold the bulk request and reply", memory_mib),
                "target vm", "give it more with --memory, below 2048 MiB");
  }
  bulk.request_at_ = abi::kCarrierBulkBase + kLists;
  bulk.reply_at_ = bulk.request_at_ + request.bulk_request.size();
  if (!request.bulk_request.empty()) {
    bulk.fields_.request = {abi::kCarrierBulkBase, request.bulk_request.size()};
  }
  if (request.bulk_reply_room != 0) {
    bulk.fields_.reply = {abi::kCarrierBulkBase + abi::kPageBytes, request.bulk_reply_room};
  }
  return bulk;
}

Result<void> GuestBulk::write_request(const GuestMemory& memory, const RunRequest& request) const {
  if (fields_.request.list != 0) {
    KJUMP_CHECK(write_list(memory, fields_.request.list, request_at_, fields_.request.bytes));
    KJUMP_CHECK(memory.write(request_at_, request.bulk_request));
  }
  return fields_.reply.list == 0 ? Result<void>()
                                 : write_list(memory, fields_.reply.list, reply_at_, fields_.reply.bytes);
}

Result<std::vector<std::byte>> GuestBulk::read_reply(const GuestMemory& memory, std::uint64_t bytes) const {
  return memory.read(reply_at_, static_cast<std::size_t>(std::min(bytes, fields_.reply.bytes)));
}

}  // namespace kjump::targets
