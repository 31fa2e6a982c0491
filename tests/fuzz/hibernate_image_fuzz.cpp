// SPDX-License-Identifier: MIT
// Rule: no store and no image, whatever lies on the disk, crashes the readers, makes them read outside of the
// store, take memory that the store's size does not account for, or go on for ever; what they accept they can
// read and export to the last page.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "../hibernate_image.hpp"
#include "hibernate/elf_core.hpp"
#include "hibernate/image_reader.hpp"
#include "hibernate/records.hpp"
#include "hibernate/saved_kernel.hpp"

namespace {

using namespace kjump;
using namespace kjump::tests;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// What the input's patches apply to: the records of a store, then the blocks of its ring as far as there are
// any, with an image that goes round.
constexpr std::uint64_t kRingBlocks = kSmallestStoreBlocks - kDataBlock;
constexpr std::uint64_t kFirst = kDataBlock + kRingBlocks - 10;
constexpr std::size_t kHeaderAt = 0;
constexpr std::size_t kExtentsAt = sizeof(StoreHeader);
constexpr std::size_t kCommitAt = kExtentsAt + sizeof(Extent);
constexpr std::size_t kStateAt = kCommitAt + sizeof(CommitRecord);
constexpr std::size_t kRingAt = kBlockBytes;
static_assert(kStateAt + sizeof(StateRecord) <= kRingAt);

/// Some pages of three kinds; the first ones are the page tables and the VMCOREINFO of a kernel.
Memory small_memory() {
  Memory memory;
  memory.ranges = {{0x1000, 0x9000, 1, 0}, {0x100000, 0x140000, 1, 0}};
  for (std::uint64_t at = 0x1000; at < 0x9000; at += abi::kPageBytes) {
    memory.data[at] = page_with(at, true);
  }
  for (std::uint64_t at = 0x100000; at < 0x124000; at += abi::kPageBytes) {
    memory.data[at] = page_with(at, at < 0x11C000);
  }
  memory.zero = {0x130000, 0x131000};
  const auto entry = [&memory](std::uint64_t table, unsigned index, std::uint64_t value) {
    std::memcpy(memory.data[table].data() + index * sizeof value, &value, sizeof value);
  };
  for (const std::uint64_t table : {0x1000U, 0x2000U, 0x3000U, 0x4000U}) {
    memory.data[table] = {};
  }
  entry(0x1000, 273, 0x2000 | 3);
  entry(0x2000, 0, 0x83);  // 1 GiB of the direct map
  entry(0x1000, 511, 0x3000 | 3);
  entry(0x3000, 510, 0x4000 | 3);
  entry(0x4000, 8, 0x83);  // 2 MiB of text
  const char text[] =
      "\x0B\0\0\0\x80\0\0\0\0\0\0\0VMCOREINFO\0\0"
      "NUMBER(phys_base)=-16777216\nSYMBOL(init_top_pgt)=ffffffff81001000\n"
      "NUMBER(pgtable_l5_enabled)=0\n";
  std::memcpy(memory.data[0x5000].data(), text, sizeof text);
  return memory;
}

Bytes base() {
  const std::vector<Extent> extents{{0, kDataBlock + kRingBlocks, 8}};
  StoreHeader header = test_header(extents);
  header.blocks = kDataBlock + kRingBlocks;
  hibernate::seal(header);
  ImageHeader image_header = test_image_header(3);
  image_header.vmcoreinfo = 0x5000;
  image_header.vmcoreinfo_bytes = 200;
  const Bytes image = make_image(small_memory(), image_header);
  require(image.size() <= kRingBlocks * kBlockBytes);
  Bytes bytes(kRingAt + kRingBlocks * kBlockBytes);
  put(bytes, kHeaderAt, header);
  put(bytes, kExtentsAt, extents[0]);
  put(bytes, kCommitAt, commit_of(image, kFirst));
  for (std::uint64_t i = 0; i < image.size() / kBlockBytes; ++i) {
    const std::uint64_t at = ring_block(kFirst, i, header.blocks) - kDataBlock;
    std::memcpy(bytes.data() + kRingAt + at * kBlockBytes, image.data() + i * kBlockBytes, kBlockBytes);
  }
  return bytes;
}

/// Header of the image, where it lies in the bytes.
constexpr std::size_t kImageAt = kRingAt + (kFirst - kDataBlock) * kBlockBytes;

/// Patches: an offset of two bytes, in one of four areas, a length, and that many bytes.
void apply(Bytes& bytes, std::span<const std::uint8_t> patches) {
  constexpr std::size_t kHead = 4;
  while (patches.size() > kHead) {
    const std::size_t offset = patches[0] | std::size_t{patches[1]} << 8;
    const std::size_t length = std::min<std::size_t>(patches[3] % 64 + 1, patches.size() - kHead);
    constexpr std::size_t kAreas[] = {0, kImageAt, kRingAt, kRingAt + 65536};
    const std::size_t at = (kAreas[patches[2] % 4] + offset) % bytes.size();
    const std::size_t fits = std::min(length, bytes.size() - at);
    std::memcpy(bytes.data() + at, patches.data() + kHead, fits);
    patches = patches.subspan(kHead + length);
  }
}

/// Makes hashes right again, as whoever damages an image on purpose would.
void reseal(Bytes& bytes) {
  auto header = get<StoreHeader>(bytes, kHeaderAt);
  header.extents_hash = hibernate::hash_bytes(std::span(bytes).subspan(kExtentsAt, sizeof(Extent)));
  hibernate::seal(header);
  put(bytes, kHeaderAt, header);
  auto image = get<ImageHeader>(bytes, kImageAt);
  const std::uint64_t block = kImageHeaderBlocks + image.content_blocks;
  Bytes table;
  for (std::uint64_t i = 0; i < image.table_blocks && i < kRingBlocks; ++i) {
    const std::uint64_t at = (kFirst - kDataBlock + block + i) % kRingBlocks;
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(kRingAt + at * kBlockBytes);
    table.insert(table.end(), from, from + kBlockBytes);
  }
  if (image.table_bytes <= table.size()) {
    image.table_hash =
        hibernate::hash_bytes(std::span(table).first(static_cast<std::size_t>(image.table_bytes)));
  }
  hibernate::seal(image);
  put(bytes, kImageAt, image);
  auto commit = get<CommitRecord>(bytes, kCommitAt);
  commit.header_hash = hibernate::hash_bytes(std::span(bytes).subspan(kImageAt, kImageHeaderBytes));
  hibernate::seal(commit);
  put(bytes, kCommitAt, commit);
  auto state = get<StateRecord>(bytes, kStateAt);
  hibernate::seal(state);
  put(bytes, kStateAt, state);
}

Result<void> read_ring(const Bytes& bytes, std::uint64_t store_blocks, std::uint64_t first,
                       std::span<std::byte> to) {
  // Inside of the store, always; that the disk ends early may happen.
  require(first >= kDataBlock && to.size() % kBlockBytes == 0 && first < store_blocks &&
          to.size() / kBlockBytes <= store_blocks - first);
  const std::uint64_t at = kRingAt + (first - kDataBlock) * kBlockBytes;
  if (at > bytes.size() || to.size() > bytes.size() - at) {
    return fail(ErrorCode::kSystem, "the disk ends", "fuzzer");
  }
  std::memcpy(to.data(), bytes.data() + at, to.size());
  return {};
}

void use(hibernate::ImageReader& image) {
  const ImageHeader& header = image.header();
  std::uint64_t data = 0;
  for (auto page = image.tables().next_data(0); page; page = image.tables().next_data(*page + 1), ++data) {
    require(image.tables().data_number(*page) == data);
    require(image.page_of(image.address_of(*page)) == *page);
  }
  require(data == header.data_pages);
  static_cast<void>(hibernate::verify_image(image, [](std::uint64_t, std::uint64_t) {}));
  std::array<std::byte, 8> word{};
  static_cast<void>(image.read_memory(header.ranges[0].start, word));
  if (const auto kernel = hibernate::find_saved_kernel(image); kernel) {
    const auto head = hibernate::make_core_head(header, *kernel);
    require(head.range_offset.size() == header.range_count && head.bytes.size() % abi::kPageBytes == 0);
  }
}

/// Reads what the bytes claim to be; was it accepted, down to the kernel in it?
bool read_all(const Bytes& bytes) {
  const auto header = hibernate::parse_store_header(std::span(bytes).first(kExtentsAt), "fuzzer");
  if (!header) {
    return false;
  }
  static_cast<void>(
      hibernate::parse_extents(*header, std::span(bytes).subspan(kExtentsAt, sizeof(Extent)), ""));
  const auto slot =
      hibernate::parse_slot(*header, std::span(bytes).subspan(kCommitAt), std::span(bytes).subspan(kStateAt));
  if (!slot) {
    return false;
  }
  auto image = hibernate::ImageReader::open(
      [&](std::uint64_t first, std::span<std::byte> to) {
        return read_ring(bytes, header->blocks, first, to);
      },
      *header, slot->commit);
  if (image) {
    use(*image);
  }
  return image && hibernate::find_saved_kernel(*image).has_value();
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names

/// Nothing changed: it must be accepted, or this program tests nothing, whatever corpus an earlier run left.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  Bytes bytes = base();
  require(read_all(bytes));
  reseal(bytes);
  require(read_all(bytes));
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Bytes kBase = base();
  if (size == 0) {
    return 0;
  }
  Bytes bytes = kBase;
  apply(bytes, std::span(data + 1, size - 1));
  if ((data[0] & 1) != 0) {
    reseal(bytes);
  }
  static_cast<void>(read_all(bytes));
  return 0;
}

// NOLINTEND(readability-identifier-naming)
