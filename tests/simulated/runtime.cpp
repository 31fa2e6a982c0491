// SPDX-License-Identifier: MIT
// What stands in for the runtime, the firmware and the hardware.
#include <sys/mman.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <kjump/abi/hibernate/acpi.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/machine_state.hpp>
#include <kjump/payload.hpp>

#include "hibernate/acpi.hpp"
#include "hibernate/pci_setup.hpp"
#include "hibernate/progress.hpp"
#include "long_mode/window.hpp"
#include "simulated/machine.hpp"

namespace kjump {

using simulated::machine;

size_t read_request(void* to, size_t bytes, size_t offset) {
  const auto& request = machine().request;
  const size_t count = offset < request.size() ? std::min(bytes, request.size() - offset) : 0;
  std::memcpy(to, request.data() + offset, count);
  return count;
}

bool write_reply(const void* from, size_t bytes) {
  const auto* in = static_cast<const std::uint8_t*>(from);
  machine().reply.assign(in, in + bytes);
  return true;
}

void print(const char* text) {
  machine().console += text;
}
void print_hex(uint32_t /*value*/) {}
void print_decimal(uint32_t value) {
  machine().console += std::to_string(value);
}

uint64_t read_tsc() {
  return __rdtsc();
}
abi::Door door() {
  return abi::Door::kKexec;
}

// Low memory but the exchange is not there: it reads as zero.
void copy_from_physical(void* to, PhysicalAddress address, size_t bytes) {
  if (address < abi::kConventionalEnd + 0x60000) {
    std::memset(to, 0, bytes);
  } else {
    std::memcpy(to, physical(address), bytes);
  }
}
void copy_to_physical(PhysicalAddress address, const void* from, size_t bytes) {
  std::memcpy(physical(address), from, bytes);
}
bool map_device(uint64_t /*address*/, uint64_t /*bytes*/) {
  return false;
}

BulkStream::BulkStream(const abi::Bulk& bulk) : page_(bulk.list), left_(bulk.bytes) {}
abi::BulkExtent BulkStream::take(uint64_t /*most*/) {
  const auto& pieces = machine().workspace;
  return page_ != 0 && index_ < pieces.size() ? pieces[index_++] : abi::BulkExtent{};
}

// The window shows pages a second time, where they are in one piece. No page is taken for tables.
namespace {
std::vector<uint64_t> window_content;
}
void close_window() {
  window_content.clear();
}
void add_to_window(uint64_t page) {
  void* const to = physical(kWindowBase + window_content.size() * abi::kPageBytes);
  if (::mremap(physical(page), 0, abi::kPageBytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to) {
    throw std::runtime_error("cannot show a page in the window");
  }
  window_content.push_back(page);
}
uint64_t window_pages() {
  return window_content.size();
}
PhysicalRun physical_run(uint64_t address, uint64_t bytes) {
  if (address - kWindowBase >= window_content.size() * abi::kPageBytes) {
    return {address, bytes};
  }
  uint64_t number = (address - kWindowBase) / abi::kPageBytes;
  const uint64_t offset = address % abi::kPageBytes;
  const PhysicalRun first{window_content[number] + offset, abi::kPageBytes - offset};
  uint64_t length = first.bytes;
  while (length < bytes && ++number < window_content.size() &&
         window_content[number] == first.address + length) {
    length += abi::kPageBytes;
  }
  return {first.address, std::min(bytes, length)};
}

namespace bios {
void call(abi::FirmwareCall& call) {
  call.registers.eflags = abi::kFlagsCarry;
}
}  // namespace bios

const abi::EntryState& entry_state() {
  return machine().entry;
}
const abi::LoaderParameters& loader_parameters() {
  return machine().parameters;
}
void burn_bridges() {}
bool become(const abi::EntryState& entry, const abi::LoaderParameters& parameters) {
  machine().entry = entry;
  machine().parameters = parameters;
  machine().became_ = true;
  return true;
}

namespace hibernate {

format::AcpiEnables read_enables(const format::AcpiFacts& /*facts*/) {
  return {};
}
void write_enables(const format::AcpiFacts& /*facts*/, const format::AcpiEnables& /*enables*/,
                   uint32_t /*ticks_per_ms*/) {}
bool woken_by_alarm(const format::AcpiFacts& /*facts*/) {
  return true;
}
void power_off(const format::AcpiFacts& facts, uint32_t /*ticks_per_ms*/) {
  if (facts.has_s5 != 0) {
    throw simulated::PoweredOff{};
  }
}
void reset(const format::AcpiFacts& /*facts*/, uint32_t /*ticks_per_ms*/) {
  throw simulated::Reset{};
}
void write_pci_records(const abi::hibernate::PciRecord* /*records*/, uint32_t /*count*/) {}

Progress::Progress(const char* what, uint64_t total_bytes, uint32_t ticks_per_ms)
    : what_(what), total_(total_bytes), start_(0), ticks_per_ms_(ticks_per_ms) {}
void Progress::at(uint64_t /*bytes*/) {}

bool escape_pressed() {
  auto& after = machine().escape_after;
  return after != 0 && --after == 0;
}
void leave_time_to_read() {}
uint64_t microseconds(uint64_t from, uint64_t to, uint32_t ticks_per_ms) {
  return (to - from) * 1000 / ticks_per_ms;
}

}  // namespace hibernate
}  // namespace kjump
