// SPDX-License-Identifier: MIT
#include "boot/program.hpp"

#include <algorithm>

#include <kjump/abi/exchange.hpp>

#include "host/exchange.hpp"

namespace kjump::boot {
namespace {

using abi::kBootSectorBytes;

constexpr std::uint32_t kSectors = (abi::kBootClearEnd - abi::kBootClearBase) / kBootSectorBytes;
// A transfer costs firmware more than a few sectors of zeros do.
constexpr std::uint32_t kGapSectors = 8;
// Nobody else loads an image there: any number will do, as long as image and exchange have the same.
constexpr std::uint64_t kNonce = 0x544F4F42504D554A;

class Memory {
 public:
  Memory() : bytes_(abi::kBootClearEnd - abi::kBootClearBase) {}

  // Segments of a checked image, and the exchange, lie within.
  void put(std::uint32_t address, std::span<const std::byte> content) {
    std::copy(content.begin(), content.end(), bytes_.begin() + (address - abi::kBootClearBase));
  }
  [[nodiscard]] std::span<const std::byte> sectors(std::uint32_t first, std::uint32_t count) const {
    return std::span(bytes_).subspan(std::size_t{first} * kBootSectorBytes,
                                     std::size_t{count} * kBootSectorBytes);
  }
  [[nodiscard]] bool has_content(std::uint32_t sector) const {
    const auto bytes = sectors(sector, 1);
    return std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; });
  }

 private:
  std::vector<std::byte> bytes_;
};

// The end of the run of content that begins there: at the next wide gap, or where a piece has to end.
std::uint32_t end_of_run(const Memory& memory, std::uint32_t first) {
  const std::uint32_t limit =
      first / abi::kBootPieceSectors * abi::kBootPieceSectors + abi::kBootPieceSectors;
  std::uint32_t end = first + 1;
  for (std::uint32_t sector = end; sector < std::min(limit, kSectors) && sector < end + kGapSectors;
       ++sector) {
    if (memory.has_content(sector)) {
      end = sector + 1;
    }
  }
  return end;
}

std::vector<Piece> pieces_of(const Memory& memory) {
  std::vector<Piece> pieces;
  for (std::uint32_t sector = 0; sector < kSectors; ++sector) {
    if (!memory.has_content(sector)) {
      continue;
    }
    const std::uint32_t end = end_of_run(memory, sector);
    const auto content = memory.sectors(sector, end - sector);
    pieces.push_back({abi::kBootClearBase + sector * kBootSectorBytes, {content.begin(), content.end()}});
    sector = end - 1;
  }
  return pieces;
}

static_assert(abi::kBootClearBase % 0x10000 == 0 &&
                  0x10000 % (abi::kBootPieceSectors * abi::kBootSectorBytes) == 0,
              "pieces that end at multiples of their greatest length cross no 64 KiB boundary");

}  // namespace

Result<Program> make_program(const Image& image, std::span<const std::byte> request) {
  const ImageInfo& info = image.info();
  if (info.boot_entry == 0 || info.boot_entry_flat == 0) {
    return fail(ErrorCode::kUnsupported, "the image has no entries for a boot loader", info.name,
                "link it again, as mode physical or long");
  }
  if (info.standalone()) {
    return fail(ErrorCode::kUnsupported, "a standalone image has no exchange to tell how it ended", info.name,
                "link it without --standalone");
  }
  abi::LoaderParameters parameters;
  parameters.nonce = kNonce;
  KJUMP_TRY(const std::vector<Segment> segments, image.prepared(parameters));
  ExchangeTicket ticket;
  ticket.nonce = kNonce;
  ticket.sequence = 1;
  KJUMP_TRY(const std::vector<std::byte> exchange, front_of_exchange(ticket, request));
  Memory memory;
  for (const Segment& segment : segments) {
    memory.put(segment.address, segment.content);
  }
  memory.put(abi::kExchangeBase, exchange);
  return Program{pieces_of(memory), info.boot_entry, info.boot_entry_flat,
                 abi::kExchangeBase + abi::kRequestOffset, static_cast<std::uint32_t>(request.size())};
}

}  // namespace kjump::boot
