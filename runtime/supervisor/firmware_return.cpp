// SPDX-License-Identifier: MIT
#include "supervisor/firmware_return.hpp"

#include <kjump/abi/fault.hpp>

#include "platform/real_segment.hpp"

extern "C" {
// At their offsets in the real segment.
extern char kjump_callee_esp[], kjump_callee_gdt[], kjump_callee_idt[];
extern char kjump_gdt_pointer[], kjump_ivt_pointer[], kjump_saved_vectors[];
// Flat.
extern uint16_t kjump_pic_masks, kjump_callee_pic_masks;
extern const uint16_t kjump_callee_returns[2];
}

namespace kjump::supervisor {

using platform::in_real_segment;

namespace {

// Real mode knows vectors up to 255 whatever the limit; a BIOS loads 3FFh (bios_calls.md, finding 6).
constexpr uint16_t kMoreVectors = 0x400;

// Operand of LGDT or SIDT.
uint64_t pointer_at(const char* symbol) {
  return uint64_t{in_real_segment<uint16_t>(symbol)} << 32 | in_real_segment<uint32_t>(symbol, 2);
}

}  // namespace

FirmwareReturn firmware_return() {
  FirmwareReturn back{};
  back.esp = in_real_segment<uint32_t>(kjump_callee_esp);
  back.expected_sp[0] = kjump_callee_returns[0];
  back.expected_sp[1] = kjump_callee_returns[1];
  back.gdtr = pointer_at(kjump_callee_gdt);
  back.expected_gdtr = pointer_at(kjump_gdt_pointer);
  back.idtr = pointer_at(kjump_callee_idt);
  back.expected_idtr = pointer_at(kjump_ivt_pointer);
  back.pic_masks = kjump_callee_pic_masks;
  back.expected_pic_masks = kjump_pic_masks;
  return back;
}

void watch_idt(bool on) {
  volatile uint16_t& limit = in_real_segment<uint16_t>(kjump_ivt_pointer);
  limit = static_cast<uint16_t>((limit & ~kMoreVectors) | (on ? kMoreVectors : 0));
}

uint32_t former_vector(uint32_t vector, uint32_t found) {
  const bool hooked = vector < abi::kHookedVectors && (abi::kHookedVectorMask >> vector & 1) != 0;
  return hooked ? in_real_segment<uint32_t>(kjump_saved_vectors, vector * sizeof(uint32_t)) : found;
}

}  // namespace kjump::supervisor
