// SPDX-License-Identifier: MIT
// The payload's view of the exchange. Offsets and sizes come from the caller and are trusted as far as
// they stay inside the exchange; the header is read anew at each call, so that no state is kept here.
#include "exchange/exchange.hpp"

#include "memory/physical_memory.hpp"

namespace kjump {

namespace {

bool inside(uint32_t offset, uint32_t bytes) {
  return offset >= sizeof(abi::ExchangeHeader) && offset <= abi::kExchangeBytes &&
         bytes <= abi::kExchangeBytes - offset;
}

}  // namespace

uint32_t exchange_field(size_t offset) {
  return read_physical<uint32_t>(abi::kExchangeBase + static_cast<uint32_t>(offset));
}

void set_exchange_field(size_t offset, uint32_t value) {
  write_physical<uint32_t>(abi::kExchangeBase + static_cast<uint32_t>(offset), value);
}

bool has_exchange() {
  return (kjump_parameters_flags() & abi::kParameterHasExchange) != 0;
}

size_t request_bytes() {
  if (!has_exchange()) {
    return 0;
  }
  const uint32_t bytes = exchange_field(offsetof(abi::ExchangeHeader, request_bytes));
  return inside(exchange_field(offsetof(abi::ExchangeHeader, request_offset)), bytes) ? bytes : 0;
}

size_t read_request(void* to, size_t bytes, size_t offset) {
  const size_t have = request_bytes();
  if (offset >= have) {
    return 0;
  }
  if (bytes > have - offset) {
    bytes = have - offset;
  }
  const uint32_t base = abi::kExchangeBase + exchange_field(offsetof(abi::ExchangeHeader, request_offset));
  copy_from_physical(to, base + static_cast<uint32_t>(offset), bytes);
  return bytes;
}

size_t reply_room() {
  if (!has_exchange()) {
    return 0;
  }
  const uint32_t capacity = exchange_field(offsetof(abi::ExchangeHeader, reply_capacity));
  const uint32_t used = exchange_field(offsetof(abi::ExchangeHeader, reply_bytes));
  if (!inside(exchange_field(offsetof(abi::ExchangeHeader, reply_offset)), capacity) || used > capacity) {
    return 0;
  }
  return capacity - used;
}

bool write_reply(const void* from, size_t bytes) {
  if (bytes > reply_room()) {
    return false;
  }
  const uint32_t used = exchange_field(offsetof(abi::ExchangeHeader, reply_bytes));
  const uint32_t start = exchange_field(offsetof(abi::ExchangeHeader, reply_offset));
  copy_to_physical(abi::kExchangeBase + start + used, from, bytes);
  set_exchange_field(offsetof(abi::ExchangeHeader, reply_bytes), used + static_cast<uint32_t>(bytes));
  return true;
}

void exchange_console_put(char character) {
  if (!has_exchange()) {
    return;
  }
  const uint32_t printed = exchange_field(offsetof(abi::ExchangeHeader, console_bytes));
  const uint32_t capacity = exchange_field(offsetof(abi::ExchangeHeader, console_capacity));
  const uint32_t start = exchange_field(offsetof(abi::ExchangeHeader, console_offset));
  if (printed < capacity && inside(start, capacity)) {
    copy_to_physical(abi::kExchangeBase + start + printed, &character, 1);
  }
  set_exchange_field(offsetof(abi::ExchangeHeader, console_bytes), printed + 1);
}

}  // namespace kjump
