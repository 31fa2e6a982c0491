// SPDX-License-Identifier: MIT
#include "kernel/reserved_place.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "host/memory_map.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kUnit = std::uint64_t{2} << 20;
constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
// Below, old firmware and ISA DMA have their business, and kernels move themselves up from there.
constexpr std::uint64_t kLowestReserved = 16 * kMib;

// Lines of /proc/iomem such as "  17000000-1effffff : Crash kernel", within System RAM.
std::vector<MemoryPiece> crash_kernel_pieces(const System& system) {
  std::vector<MemoryPiece> pieces;
  std::istringstream lines(system.read_line("/proc/iomem"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.ends_with(" : Crash kernel")) {
      continue;
    }
    std::istringstream text(line);
    std::uint64_t start = 0;
    std::uint64_t last = 0;
    char dash = 0;
    if (text >> std::hex >> start >> dash >> last && dash == '-' && last > start) {
      pieces.push_back({start, last + 1 - start});
    }
  }
  return pieces;
}

// Firmware calls it RAM, the kernel does not.
std::vector<MemoryPiece> held_back_pieces(const System& system) {
  const MemoryMap firmware = MemoryMap::firmware(system);
  std::vector<MemoryPiece> pieces;
  const MemoryMap kernel = MemoryMap::kernel(system);
  for (const MemoryRange& range : kernel.ranges()) {
    if (range.type == "Reserved" && range.start >= kMib && !firmware.first_hole(range.start, range.end)) {
      pieces.push_back({range.start, range.end - range.start});
    }
  }
  return pieces;
}

void add_piece(std::vector<ReservedPiece>& pieces, const MemoryPiece& piece, const char* origin,
               bool is_writable) {
  const std::uint64_t start = std::max((piece.base + kUnit - 1) / kUnit * kUnit, kLowestReserved);
  const std::uint64_t end = piece.end() / kUnit * kUnit;
  if (start < end) {
    pieces.push_back({{start, end - start}, origin, is_writable});
  }
}

bool overlaps(const MemoryPiece& a, const MemoryPiece& b) {
  return a.base < b.end() && b.base < a.end();
}

}  // namespace

Result<ReservedMapping> ReservedMapping::map(const System& system, const MemoryPiece& piece) {
  static constexpr const char* kMemory = "/dev/mem";
  KJUMP_TRY(const UniqueFd fd, system.open(kMemory, O_RDWR));  // no O_SYNC: it would be uncached
  const auto bytes = static_cast<std::size_t>(piece.bytes);
  if (bytes != piece.bytes) {
    return fail(ErrorCode::kLimit, "reserved memory is larger than a 32-bit program can map", kMemory,
                "use a 64-bit kjump");
  }
  void* const start =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), static_cast<off_t>(piece.base));
  if (start == MAP_FAILED) {  // NOLINT(performance-no-int-to-ptr): the C macro
    return fail_errno("cannot map reserved memory", fmt::format("{} at {:#x}", kMemory, piece.base),
                      "run as root, without kernel lockdown");
  }
  return ReservedMapping({static_cast<std::byte*>(start), bytes});
}

ReservedMapping::~ReservedMapping() {
  if (!bytes_.empty()) {
    ::munmap(bytes_.data(), bytes_.size());
  }
}

std::vector<ReservedPiece> reserved_pieces(const System& system) {
  std::vector<ReservedPiece> pieces;
  // A crash kernel that is loaded there must stay whole.
  if (system.read_line("/sys/kernel/kexec_crash_loaded", "0") == "0") {
    for (const MemoryPiece& piece : crash_kernel_pieces(system)) {
      add_piece(pieces, piece, "crashkernel=", false);
    }
  }
  for (const MemoryPiece& piece : held_back_pieces(system)) {
    add_piece(pieces, piece, "memmap=", true);
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const ReservedPiece& a, const ReservedPiece& b) { return a.piece.base < b.piece.base; });
  return pieces;
}

Result<ReservedPiece> find_reserved(const System& system, std::uint64_t bytes,
                                    const std::vector<MemoryPiece>& taken) {
  constexpr std::uint64_t k4Gib = std::uint64_t{1} << 32;
  const std::uint64_t wanted = (bytes + kUnit - 1) / kUnit * kUnit;
  std::uint64_t largest = 0;
  for (ReservedPiece& reserved : reserved_pieces(system)) {
    const MemoryPiece piece{reserved.piece.base, wanted};
    const bool is_taken = std::any_of(taken.begin(), taken.end(),
                                      [&](const MemoryPiece& other) { return overlaps(piece, other); });
    if (is_taken || piece.end() > k4Gib) {
      continue;
    }
    if (reserved.piece.bytes >= wanted) {
      return ReservedPiece{piece, std::move(reserved.origin), reserved.is_writable};
    }
    largest = std::max(largest, reserved.piece.bytes);
  }
  return fail(ErrorCode::kLimit,
              largest == 0
                  ? std::string("no memory was reserved at boot")
                  : fmt::format("{} MiB were reserved at boot, it takes {}", largest / kMib, wanted / kMib),
              "/proc/iomem",
              fmt::format("boot with crashkernel={}M, or memmap={}M$ADDRESS; kdump must not be loaded there",
                          wanted / kMib, wanted / kMib));
}

Result<ReservedPiece> find_reserved_at(const System& system, std::uint64_t bytes, std::uint64_t address,
                                       const std::vector<MemoryPiece>& taken) {
  const std::string subject = fmt::format("--at {:#x}", address);
  constexpr std::uint64_t kHighest = std::uint64_t{1} << 52;
  if (address % kUnit != 0 || address < kLowestReserved || address > kHighest || bytes > kHighest) {
    return fail(ErrorCode::kInvalid, "not an address for a kernel's memory", subject,
                "a multiple of 2 MiB, 16 MiB or more");
  }
  const MemoryPiece wanted{address, (bytes + kUnit - 1) / kUnit * kUnit};
  for (const MemoryPiece& other : taken) {
    if (overlaps(wanted, other)) {
      return fail(ErrorCode::kBusy, "another second kernel lies there", subject, "kjump kernel drop NAME");
    }
  }
  for (ReservedPiece& reserved : reserved_pieces(system)) {
    if (reserved.piece.base <= wanted.base && wanted.end() <= reserved.piece.end()) {
      return ReservedPiece{wanted, std::move(reserved.origin), reserved.is_writable};
    }
  }
  return fail(ErrorCode::kLimit, fmt::format("{} MiB are not reserved there", wanted.bytes / kMib), subject,
              fmt::format("boot with memmap={}M${:#x}", wanted.bytes / kMib, address));
}

}  // namespace kjump::two_kernels
