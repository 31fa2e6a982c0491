// SPDX-License-Identifier: MIT
// What the machine says it has: INT 11h, INT 12h, INT 15h AH=C0h.
#include <algorithm>

#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

// Where IBM's BIOS had its configuration table and where compatible ones still have it. ES:BX may
// point elsewhere; reading that would take a second jump.
constexpr std::uint32_t kUsualTable = 0xFE6F5;
constexpr std::uint32_t kTableBytes = 10;
constexpr std::uint16_t kShortestTable = 8;  // bytes after the length word that we decode

enum EquipmentSteps : std::uint32_t { kInt11, kInt12, kInt15C0, kTable };

void decode_word(Equipment& equipment, std::uint16_t word) {
  equipment.word = word;
  equipment.floppy_drives = (word & 0x0001) != 0 ? low8((word >> 6 & 3) + 1) : std::uint8_t{0};
  equipment.coprocessor = (word & 0x0002) != 0;
  equipment.pointing_device = (word & 0x0004) != 0;
  equipment.initial_video = low8(word >> 4 & 3);
  equipment.serial_ports = low8(word >> 9 & 7);
  equipment.parallel_ports = low8(word >> 14 & 3);
}

std::optional<SystemConfiguration> decode_table(const std::vector<std::byte>& table) {
  if (field<std::uint16_t>(table, 0) < kShortestTable) {
    return std::nullopt;
  }
  SystemConfiguration configuration;
  configuration.model = field<std::uint8_t>(table, 2);
  configuration.submodel = field<std::uint8_t>(table, 3);
  configuration.revision = field<std::uint8_t>(table, 4);
  for (std::size_t index = 0; index < configuration.features.size(); ++index) {
    configuration.features.at(index) = field<std::uint8_t>(table, 5 + index);
  }
  return configuration;
}

}  // namespace

Batch equipment_batch() {
  Batch batch;
  batch.add(interrupt(0x11)).add(interrupt(0x12)).add(service(0x15, 0xC000));
  batch.add(read_memory(kUsualTable, kTableBytes));
  return batch;
}

Result<Equipment> decode_equipment(const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  KJUMP_TRY(const CallResult* word, answer(reply, kInt11));
  KJUMP_TRY(const CallResult* base_memory, answer(reply, kInt12));
  KJUMP_TRY(const CallResult* pointer, answer(reply, kInt15C0));
  KJUMP_TRY(const CallResult* table, answer(reply, kTable, kTableBytes));
  // INT 11h and 12h know no failure and leave the preset CF alone.
  Equipment equipment;
  decode_word(equipment, low16(word->registers.eax));
  equipment.base_memory_kib = low16(base_memory->registers.eax);
  if (!pointer->carry() && high8(pointer->registers.eax) == 0) {
    const auto& registers = pointer->registers;
    equipment.configuration_address = (std::uint32_t{registers.es} << 4) + low16(registers.ebx);
    if (*equipment.configuration_address == kUsualTable) {
      equipment.configuration = decode_table(table->buffer);
    }
  }
  return equipment;
}

Result<Equipment> equipment(Target& target) {
  return run_and_decode(target, equipment_batch(), decode_equipment);
}

}  // namespace kjump::bios
