// SPDX-License-Identifier: MIT
#include "hibernate/extents.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kjump::hibernate {
namespace {

using namespace abi::hibernate;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;

void append(std::vector<Extent>& extents, std::uint64_t blocks, std::uint64_t sector) {
  if (!extents.empty()) {
    Extent& last = extents.back();
    if (last.sector + last.blocks * kSectorsPerBlock == sector) {
      last.blocks += blocks;
      return;
    }
  }
  const std::uint64_t next = extents.empty() ? 0 : extents.back().first_block + extents.back().blocks;
  extents.push_back({next, blocks, sector});
}

std::string run_fault(const ByteRun& run, std::uint64_t next) {
  if (run.logical != next) {
    return fmt::format("it has a hole of {} bytes at {}", run.logical - next, next);
  }
  if (run.physical % kBlockBytes != 0 || run.bytes % kBlockBytes != 0 || run.bytes == 0) {
    return fmt::format("its {} bytes from {} do not lie on a multiple of {} bytes", run.bytes, run.logical,
                       kBlockBytes);
  }
  if (run.logical > kMostBytes || run.physical > kMostBytes || run.bytes > kMostBytes) {
    return "its place makes no sense";
  }
  return {};
}

}  // namespace

Result<std::vector<Segment>> slice(std::span<const Segment> segments, std::uint64_t first,
                                   std::uint64_t sectors, std::uint64_t as, const std::string& subject) {
  std::vector<Segment> part;
  for (const Segment& segment : segments) {
    if (sectors == 0) {
      break;
    }
    if (first < segment.first || first - segment.first >= segment.sectors) {
      continue;
    }
    const std::uint64_t inside = first - segment.first;
    const std::uint64_t length = std::min(sectors, segment.sectors - inside);
    part.push_back({as, length, segment.disk_sector + inside});
    first += length;
    as += length;
    sectors -= length;
  }
  if (sectors != 0) {
    return fail(ErrorCode::kMalformed, fmt::format("{} sectors lie behind the end of its device", sectors),
                subject);
  }
  return part;
}

Result<std::vector<Extent>> extents_of(std::span<const Segment> device, std::span<const ByteRun> runs,
                                       const std::string& subject) {
  std::vector<Extent> extents;
  std::uint64_t next = 0;
  for (const ByteRun& run : runs) {
    if (const std::string fault = run_fault(run, next); !fault.empty()) {
      return fail(ErrorCode::kUnsupported, "the store cannot lie there: " + fault, subject,
                  "a file system with blocks of 4 KiB keeps files on such multiples");
    }
    KJUMP_TRY(const std::vector<Segment> parts,
              slice(device, run.physical / kSectorBytes, run.bytes / kSectorBytes, 0, subject));
    for (const Segment& part : parts) {
      if (part.sectors % kSectorsPerBlock != 0) {
        return fail(ErrorCode::kUnsupported,
                    "the store cannot lie there: the mapping below it splits a block of 4 KiB", subject);
      }
      append(extents, part.sectors / kSectorsPerBlock, part.disk_sector);
    }
    next += run.bytes;
  }
  if (extents.size() > kMostExtents) {
    return fail(ErrorCode::kLimit,
                fmt::format("it lies in {} pieces, a store may have {}", extents.size(), kMostExtents),
                subject, "remove it, free some space, and prepare it again");
  }
  return extents;
}

Result<void> for_each_run(
    std::span<const Extent> extents, std::uint64_t first_block, std::uint64_t blocks,
    const std::function<Result<void>(std::uint64_t, std::size_t, std::size_t)>& transfer) {
  std::size_t done = 0;
  for (const Extent& extent : extents) {
    if (blocks == 0) {
      break;
    }
    if (first_block < extent.first_block || first_block - extent.first_block >= extent.blocks) {
      continue;
    }
    const std::uint64_t inside = first_block - extent.first_block;
    const std::uint64_t length = std::min(blocks, extent.blocks - inside);
    const auto bytes = static_cast<std::size_t>(length * kBlockBytes);
    KJUMP_CHECK(transfer(extent.sector + inside * kSectorsPerBlock, done, bytes));
    done += bytes;
    first_block += length;
    blocks -= length;
  }
  if (blocks != 0) {
    return fail(ErrorCode::kInvalid, fmt::format("block {} is not in the store", first_block), "store");
  }
  return {};
}

}  // namespace kjump::hibernate
