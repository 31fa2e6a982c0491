// SPDX-License-Identifier: MIT
// Reading sectors by INT 13h AH=42h. Bounce buffer: the disk address packet, then the sectors; it is
// aligned to 64 KiB and not longer, so no transfer crosses such a border (T49).
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <kjump/abi/exchange.hpp>
#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

/// EDD 1.1 disk address packet.
struct AddressPacket {
  std::uint8_t bytes;
  std::uint8_t reserved;
  std::uint16_t count;  ///< out: how many were read
  std::uint16_t offset;
  std::uint16_t segment;
  std::uint64_t lba;
};
static_assert(sizeof(AddressPacket) == 16);

constexpr std::uint16_t kMostSectors = 127;  // more is refused by Phoenix BIOSes (T50)
constexpr std::uint8_t kFirstCdRom = 0xE0;   // SeaBIOS and others; sectors of 2048 bytes

std::uint32_t buffer_bytes(const SectorRead& read) {
  return static_cast<std::uint32_t>(sizeof(AddressPacket)) + std::uint32_t{read.count} * read.sector_bytes;
}

Result<void> check(const SectorRead& read) {
  const std::string subject = fmt::format("drive {:#04x}, sector {}", read.drive, read.lba);
  if (read.sector_bytes != 512 && read.sector_bytes != 2048 && read.sector_bytes != 4096) {
    return fail(ErrorCode::kInvalid, fmt::format("no disk has sectors of {} bytes", read.sector_bytes),
                subject, "use 512, 2048 or 4096, as AH=48h reports");
  }
  if (read.drive >= kFirstCdRom && read.sector_bytes == 512) {
    return fail(ErrorCode::kInvalid, "a CD-ROM's sectors are larger than 512 bytes", subject,
                "say 2048: the firmware would write beyond the buffer");
  }
  const std::uint32_t most =
      (abi::kReplyCapacity - abi::kBatchResultBytes - sizeof(AddressPacket)) / read.sector_bytes;
  if (read.count == 0 || read.count > kMostSectors || read.count > most) {
    return fail(ErrorCode::kLimit, fmt::format("cannot read {} sectors in one call", read.count), subject,
                fmt::format("1 to {} sectors of {} bytes", std::min<std::uint32_t>(most, kMostSectors),
                            read.sector_bytes));
  }
  return {};
}

constexpr std::array<std::pair<std::uint8_t, std::string_view>, 17> kStatusNames{
    {{0x00, "no error"},
     {0x01, "invalid command or drive"},
     {0x02, "address mark not found"},
     {0x03, "write protected"},
     {0x04, "sector not found"},
     {0x05, "reset failed"},
     {0x08, "DMA overrun"},
     {0x09, "DMA crossed 64 KiB"},
     {0x0A, "bad sector"},
     {0x0C, "medium not supported"},
     {0x10, "uncorrectable data error"},
     {0x20, "controller failed"},
     {0x31, "no medium in the drive"},
     {0x40, "seek failed"},
     {0x80, "drive does not answer"},
     {0xAA, "drive not ready"},
     {0xBB, "undefined error"}}};

}  // namespace

std::string disk_status_name(std::uint8_t status) {
  for (const auto& [value, name] : kStatusNames) {
    if (value == status) {
      return std::string(name);
    }
  }
  return fmt::format("status {:#04x}", status);
}

Result<Batch> read_sector_batch(const SectorRead& read) {
  KJUMP_CHECK(check(read));
  const AddressPacket packet{sizeof(AddressPacket), 0,       read.count, sizeof(AddressPacket),
                             abi::kBounceSegment,   read.lba};
  Step step = service(0x13, 0x4200);
  step.call.registers.edx = read.drive;
  step.call.registers.ds = abi::kBounceSegment;
  add_buffer(step, 0, buffer_bytes(read));
  step.input.resize(sizeof(packet));
  std::memcpy(step.input.data(), &packet, sizeof(packet));
  Batch batch;
  batch.add(std::move(step));
  return batch;
}

Result<std::vector<std::byte>> decode_read_sector(const SectorRead& read, const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  KJUMP_TRY(const CallResult* call, answer(reply, 0, buffer_bytes(read)));
  const std::string subject = fmt::format("drive {:#04x}, sector {}", read.drive, read.lba);
  if (call->carry()) {
    const std::uint8_t status = high8(call->registers.eax);  // in AH, not AL (T18)
    return fail(
        ErrorCode::kGuest, fmt::format("the firmware cannot read: {}", disk_status_name(status)), subject,
        "see `kjump bios disks` for drives and sizes; Linux's driver may have changed the controller");
  }
  const auto done = field<std::uint16_t>(call->buffer, offsetof(AddressPacket, count));
  if (done != read.count) {
    return fail(ErrorCode::kGuest, fmt::format("the firmware read {} of {} sectors", done, read.count),
                subject);
  }
  return std::vector<std::byte>(call->buffer.begin() + sizeof(AddressPacket), call->buffer.end());
}

Result<std::vector<std::byte>> read_sector(Target& target, const SectorRead& read) {
  KJUMP_TRY(const Batch batch, read_sector_batch(read));
  KJUMP_TRY(const BatchReply reply, batch.run(target));
  return decode_read_sector(read, reply);
}

}  // namespace kjump::bios
