// SPDX-License-Identifier: MIT
/// The `batch` payload: firmware calls made one after the other in a single jump.
///
/// mode: physical (32-bit, paging off, flat segments). The language is abi/batch.hpp, the policy is
/// interpreter.hpp; this file only connects them to the runtime.
#include <stddef.h>
#include <stdint.h>

#include <kjump/payload.hpp>

#include "interpreter.hpp"

extern "C" void* memset(void* to, int value, size_t bytes);
extern "C" void* memcpy(void* to, const void* from, size_t bytes);

namespace {

struct PhysicalMachine {
  static size_t request_bytes() { return kjump::request_bytes(); }
  static size_t read_request(void* to, size_t bytes, size_t offset) {
    return kjump::read_request(to, bytes, offset);
  }
  static size_t reply_room() { return kjump::reply_room(); }
  static bool write_reply(const void* from, size_t bytes) { return kjump::write_reply(from, bytes); }
  static bool reply_memory(uint32_t address, size_t bytes) {
    return kjump::write_reply(kjump::physical(address), bytes);
  }
  static void read_memory(void* to, uint32_t address, size_t bytes) {
    memcpy(to, kjump::physical(address), bytes);
  }
  static void clear_memory(uint32_t address, size_t bytes) { memset(kjump::physical(address), 0, bytes); }
  static void request_to_memory(uint32_t address, size_t bytes, size_t offset) {
    kjump::read_request(kjump::physical(address), bytes, offset);
  }
  static void call(kjump::abi::FirmwareCall& call) { kjump::bios::call(call); }
  static uint64_t read_tsc() { return kjump::read_tsc(); }
};

}  // namespace

/// Returns a BatchStatus. A malformed request is explained on the console.
extern "C" uint32_t kjump_main() {
  PhysicalMachine machine;
  const kjump::batch::Ending ending = kjump::batch::Interpreter(machine).run();
  if (ending.reason != nullptr) {
    kjump::print("batch: malformed request: ");
    kjump::print(ending.reason);
    kjump::print(" at offset ");
    kjump::print_hex(ending.offset);
    kjump::print("\n");
  }
  return static_cast<uint32_t>(ending.status);
}
