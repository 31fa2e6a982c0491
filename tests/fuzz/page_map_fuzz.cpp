// SPDX-License-Identifier: MIT
// Any bytes in place of the kernel's list of an image's pages: followed to its end or refused, in bounded
// time.
#include <cstdint>
#include <cstring>
#include <string>

#include "host/loaded_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPage = 4096;
  if (size < sizeof(std::uint64_t) + 1) {
    return 0;
  }
  std::uint64_t head = 0;
  std::memcpy(&head, data, sizeof head);
  const std::size_t word_bytes = (data[sizeof head] & 1) != 0 ? 4 : 8;
  const std::string memory(reinterpret_cast<const char*>(data + sizeof head + 1), size - sizeof head - 1);
  int reads = 0;
  const auto runs =
      kjump::walk_page_map(head, word_bytes, [&](std::uint64_t page) -> kjump::Result<std::string> {
        constexpr int kMostReads = 64;  // a circle ends, but not within a fuzzer's patience
        const std::size_t at = static_cast<std::size_t>(page / kPage % 8) * kPage;
        if (++reads > kMostReads || at >= memory.size()) {
          return kjump::fail(kjump::ErrorCode::kSystem, "nothing there", "memory");
        }
        std::string bytes = memory.substr(at, kPage);
        bytes.resize(kPage);
        return bytes;
      });
  if (runs) {
    for (const kjump::DisplacedRun& run : *runs) {
      if (run.bytes == 0 || run.bytes % kPage != 0) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
