// SPDX-License-Identifier: MIT
// The payload's view of bulk requests and replies: two streams over lists of extents. Lists are the caller's
// and trusted, as far as the mode can reach what they name.
#include <kjump/payload.hpp>

#include "exchange/exchange.hpp"

namespace kjump {

namespace {

extern "C" void* memcpy(void* to, const void* from, size_t bytes);

abi::Bulk bulk_field(size_t offset) {
  return has_exchange() ? read_physical<abi::Bulk>(abi::kExchangeBase + static_cast<uint32_t>(offset))
                        : abi::Bulk{};
}

bool within_reach(const abi::BulkExtent& extent) {
  constexpr uint64_t kLimit = uint64_t{1} << (sizeof(PhysicalAddress) * 8 - 1) << 1;
  return kLimit == 0 || (extent.address < kLimit && extent.bytes <= kLimit - extent.address);
}

}  // namespace

BulkStream::BulkStream(const abi::Bulk& bulk) : page_(bulk.list), left_(bulk.list == 0 ? 0 : bulk.bytes) {}

abi::BulkExtent BulkStream::take(uint64_t most) {
  while (left_ > 0 && page_ != 0) {
    if (!within_reach({page_, abi::kPageBytes})) {
      break;
    }
    const auto* page = static_cast<const abi::BulkListPage*>(physical(static_cast<PhysicalAddress>(page_)));
    if (index_ == page->count || index_ == abi::kBulkExtentsPerPage) {
      page_ = page->next;
      index_ = 0;
      continue;
    }
    const abi::BulkExtent& extent = page->extents[index_];
    const uint64_t rest = extent.bytes - offset_;
    uint64_t bytes = most < rest ? most : rest;
    bytes = bytes < left_ ? bytes : left_;
    const abi::BulkExtent taken{extent.address + offset_, bytes};
    offset_ += bytes;
    left_ -= bytes;
    if (offset_ == extent.bytes) {
      ++index_;
      offset_ = 0;
    }
    if (bytes == 0) {
      continue;
    }
    if (!within_reach(taken)) {
      break;
    }
    return taken;
  }
  left_ = 0;
  return {};
}

BulkReader::BulkReader() : stream_(bulk_field(offsetof(abi::ExchangeHeader, bulk_request))) {}

size_t BulkReader::read(void* to, size_t bytes) {
  auto* out = static_cast<uint8_t*>(to);
  size_t done = 0;
  while (done < bytes) {
    const abi::BulkExtent piece = stream_.take(bytes - done);
    if (piece.bytes == 0) {
      break;
    }
    memcpy(out + done, physical(static_cast<PhysicalAddress>(piece.address)),
           static_cast<size_t>(piece.bytes));
    done += static_cast<size_t>(piece.bytes);
  }
  return done;
}

BulkWriter::BulkWriter() : stream_(bulk_field(offsetof(abi::ExchangeHeader, bulk_reply))) {}

bool BulkWriter::write(const void* from, size_t bytes) {
  if (bytes > stream_.left()) {
    return false;
  }
  const auto* in = static_cast<const uint8_t*>(from);
  size_t done = 0;
  while (done < bytes) {
    const abi::BulkExtent piece = stream_.take(bytes - done);
    if (piece.bytes == 0) {
      return false;
    }
    memcpy(physical(static_cast<PhysicalAddress>(piece.address)), in + done,
           static_cast<size_t>(piece.bytes));
    done += static_cast<size_t>(piece.bytes);
  }
  written_ += bytes;
  write_physical(abi::kExchangeBase + static_cast<uint32_t>(offsetof(abi::ExchangeHeader, bulk_reply_bytes)),
                 written_);
  return true;
}

}  // namespace kjump
