// SPDX-License-Identifier: MIT
#include "kernel/dump.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "hibernate/vmcoreinfo.hpp"

namespace kjump::two_kernels {
namespace {

// makedumpfile(8): -F writes a stream of pieces for a pipe, which has to be put together first.
constexpr std::string_view kFlattened = "makedumpfile";
constexpr std::string_view kKdump = "KDUMP   ";
constexpr std::string_view kDiskdump = "DISKDUMP";

}  // namespace

const char* dump_format_name(DumpFormat format) {
  return format == DumpFormat::kElf ? "ELF" : "kdump";
}

std::vector<MemoryPiece> united(std::vector<MemoryPiece> pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](const MemoryPiece& a, const MemoryPiece& b) { return a.base < b.base; });
  std::vector<MemoryPiece> joined;
  for (const MemoryPiece& piece : pieces) {
    if (piece.bytes == 0) {
      continue;
    }
    if (!joined.empty() && piece.base <= joined.back().end()) {
      joined.back().bytes = std::max(joined.back().end(), piece.end()) - joined.back().base;
    } else {
      joined.push_back(piece);
    }
  }
  return joined;
}

bool Dump::covers(std::uint64_t physical, std::uint64_t bytes) const {
  auto piece = std::upper_bound(facts_.memory.begin(), facts_.memory.end(), physical,
                                [](std::uint64_t at, const MemoryPiece& it) { return at < it.base; });
  if (piece == facts_.memory.begin()) {
    return false;
  }
  --piece;
  return physical < piece->end() && bytes <= piece->end() - physical;
}

std::string release_in(const std::string& vmcoreinfo) {
  const auto info = hibernate::Vmcoreinfo::parse(vmcoreinfo);
  return info ? std::string(info->value("OSRELEASE").value_or("")) : std::string();
}

Result<std::unique_ptr<Dump>> open_dump(std::unique_ptr<DumpSource> source) {
  std::array<char, 16> start{};
  KJUMP_CHECK(source->read(0, std::as_writable_bytes(std::span(start))));
  const std::string_view magic(start.data(), start.size());
  if (magic.starts_with(std::string_view(ELFMAG, SELFMAG))) {
    return open_elf_dump(std::move(source));
  }
  if (magic.starts_with(kKdump)) {
    return open_kdump(std::move(source));
  }
  if (magic.starts_with(kFlattened)) {
    return fail(ErrorCode::kUnsupported, "makedumpfile's flattened format", source->name(),
                "put it together with: makedumpfile -R NEW < DUMP");
  }
  if (magic.starts_with(kDiskdump)) {
    return fail(ErrorCode::kUnsupported, "a dump in the old diskdump format", source->name(),
                "take it with makedumpfile, or cp /proc/vmcore");
  }
  return fail(ErrorCode::kMalformed, "no dump of a kernel's memory", source->name(),
              "cp /proc/vmcore, makedumpfile and kjump snapshot make one");
}

Result<std::unique_ptr<Dump>> open_dump(const std::string& path) {
  KJUMP_TRY(std::unique_ptr<DumpSource> source, open_dump_source(path));
  return open_dump(std::move(source));
}

}  // namespace kjump::two_kernels
