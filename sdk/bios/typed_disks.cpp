// SPDX-License-Identifier: MIT
// What INT 13h says about the hard disks that the BIOS data area counts.
#include <algorithm>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kDiskCount = 0x475;  // BIOS data area 40:75, one byte
constexpr std::uint16_t kEddSignatureIn = 0x55AA;
constexpr std::uint16_t kEddSignatureOut = 0xAA55;
constexpr std::uint32_t kParameterBytes = 0x4A;  // EDD 3.0 with the T13 device path; EDD 1.1 fills 0x1A
constexpr std::uint16_t kLeastParameters = 0x1A;

enum DiskSteps : std::uint32_t { kCount, kEdd, kGeometry, kParameters };

/// A step that is made for drive 0x80 and so on, as many as the BIOS data area counts (T51).
Step for_each_disk(std::uint16_t ax) {
  Step step = service(0x13, ax);
  step.call.registers.edx = kFirstHardDisk;
  step.repeat = abi::BatchRepeat::kCountAt;
  step.repeat_address = kDiskCount;
  step.repeat_register = offsetof(abi::FirmwareRegisters, edx);
  step.repeat_limit = kMostDisks;
  return step;
}

/// CF with AH=0 is no error: some firmware forgets to clear CF (T18).
bool failed(const CallResult& call) {
  return call.carry() && high8(call.registers.eax) != 0;
}

void decode_edd(BiosDisk& disk, const CallResult& call) {
  if (!failed(call) && low16(call.registers.ebx) == kEddSignatureOut) {
    disk.edd_version = high8(call.registers.eax);
    disk.edd_features = low16(call.registers.ecx);
  }
}

void decode_geometry(BiosDisk& disk, const CallResult& call) {
  if (failed(call)) {
    return;
  }
  const std::uint16_t cx = low16(call.registers.ecx);
  Geometry geometry;
  geometry.cylinders = (std::uint32_t{high8(cx)} | (cx & 0xC0u) << 2) + 1;
  geometry.heads = std::uint32_t{high8(call.registers.edx)} + 1;
  geometry.sectors = cx & 0x3Fu;
  if (geometry.sectors == 0) {
    disk.remarks.emplace_back("AH=08h gives a geometry of no sectors per track");
    return;
  }
  disk.geometry = geometry;
}

/// A fixed-width name of the T13 device path: "PCI ", "SATA    ".
std::string path_name(const std::vector<std::byte>& buffer, std::size_t offset, std::size_t bytes) {
  std::string name;
  for (std::size_t index = offset; index < offset + bytes; ++index) {
    const auto character = field<char>(buffer, index);
    if (character < ' ' || character > '~') {
      break;
    }
    name += character;
  }
  const std::size_t last = name.find_last_not_of(' ');
  return name.substr(0, last == std::string::npos ? 0 : last + 1);
}

void decode_parameters(BiosDisk& disk, const CallResult& call) {
  constexpr std::uint16_t kPathSignature = 0xBEDD;
  if (failed(call) || call.buffer.size() != kParameterBytes) {
    return;
  }
  const auto filled = field<std::uint16_t>(call.buffer, 0);
  if (filled < kLeastParameters) {
    disk.remarks.push_back(fmt::format("AH=48h filled only {} bytes", filled));
    return;
  }
  const auto sector_bytes = field<std::uint16_t>(call.buffer, 24);
  if (sector_bytes < 512 || (sector_bytes & (sector_bytes - 1)) != 0) {
    disk.remarks.push_back(fmt::format("AH=48h gives sectors of {} bytes", sector_bytes));
    return;
  }
  disk.sectors = field<std::uint64_t>(call.buffer, 16);
  disk.sector_bytes = sector_bytes;
  // The length is no guide: SeaBIOS fills in the path and says 30 bytes. The buffer was zero before.
  if (field<std::uint16_t>(call.buffer, 30) == kPathSignature) {
    disk.bus = path_name(call.buffer, 36, 4);
    disk.interface = path_name(call.buffer, 40, 8);
  }
}

}  // namespace

Batch disks_batch() {
  Step edd = for_each_disk(0x4100);
  edd.call.registers.ebx = kEddSignatureIn;
  Step geometry = for_each_disk(0x0800);  // ES:DI is 0:0 already, which guards against some firmware's bugs
  Step parameters = for_each_disk(0x4800);
  parameters.call.registers.ds = abi::kBounceSegment;
  add_buffer(parameters, 0, kParameterBytes);
  parameters.input = {std::byte{kParameterBytes}, std::byte{0}};

  Batch batch;
  batch.add(read_memory(kDiskCount, 1));
  batch.add(std::move(edd)).add(std::move(geometry)).add(std::move(parameters));
  return batch;
}

Result<BiosDisks> decode_disks(const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  KJUMP_TRY(const CallResult* count, answer(reply, kCount, 1));
  BiosDisks disks;
  disks.count = field<std::uint8_t>(count->buffer, 0);
  disks.disks.resize(std::min<std::size_t>(disks.count, kMostDisks));
  for (std::size_t index = 0; index < disks.disks.size(); ++index) {
    disks.disks[index].drive = static_cast<std::uint8_t>(kFirstHardDisk + index);
  }
  for (const CallResult& call : reply.calls) {
    if (call.step == kCount || call.iteration >= disks.disks.size()) {
      continue;
    }
    BiosDisk& disk = disks.disks[call.iteration];
    if (call.step == kEdd) {
      decode_edd(disk, call);
    } else if (call.step == kGeometry) {
      decode_geometry(disk, call);
    } else if (call.step == kParameters) {
      decode_parameters(disk, call);
    }
  }
  return disks;
}

Result<BiosDisks> disks(Target& target) {
  return run_and_decode(target, disks_batch(), decode_disks);
}

}  // namespace kjump::bios
