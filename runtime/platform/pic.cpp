// SPDX-License-Identifier: MIT
#include "platform/pic.hpp"

#include "support/io_port.hpp"

namespace kjump::platform {

namespace {

// Intel 8259A data sheet; the addresses are the AT's.
constexpr uint16_t kMasterCommand = 0x20;
constexpr uint16_t kMasterData = 0x21;
constexpr uint16_t kSlaveCommand = 0xA0;
constexpr uint16_t kSlaveData = 0xA1;
constexpr uint16_t kLevelMaster = 0x4D0;  // ELCR
constexpr uint16_t kLevelSlave = 0x4D1;

constexpr uint8_t kIcw1 = 0x11;           // edge-triggered, cascaded, ICW4 follows
constexpr uint8_t kIcw3Master = 1u << 2;  // the slave hangs on line 2
constexpr uint8_t kIcw3Slave = 2;
constexpr uint8_t kIcw4 = 0x01;  // 8086 mode, normal end of interrupt

constexpr uint8_t kFirmwareBase[2] = {0x08, 0x70};
constexpr uint8_t kLinuxBase[2] = {0x30, 0x38};  // asm/irq_vectors.h, ISA_IRQ_VECTOR

// Open for firmware: timer, keyboard, cascade, floppy; clock, both IDE channels. Others stay shut: a
// BIOS's default handlers "variously do nothing, send EOI, disable the IRQ, or crash" (T35).
constexpr uint8_t kFirmwareMask[2] = {0xB8, 0x3E};

void initialise(const uint8_t (&base)[2], const uint8_t (&mask)[2]) {
  io::write8(kMasterCommand, kIcw1);
  io::write8(kMasterData, base[0]);
  io::write8(kMasterData, kIcw3Master);
  io::write8(kMasterData, kIcw4);
  io::write8(kSlaveCommand, kIcw1);
  io::write8(kSlaveData, base[1]);
  io::write8(kSlaveData, kIcw3Slave);
  io::write8(kSlaveData, kIcw4);
  write_pic_masks(mask);
}

}  // namespace

PicState read_pic() {
  return {{io::read8(kMasterData), io::read8(kSlaveData)}, {io::read8(kLevelMaster), io::read8(kLevelSlave)}};
}

void write_pic_masks(const uint8_t (&mask)[2]) {
  io::write8(kMasterData, mask[0]);
  io::write8(kSlaveData, mask[1]);
}

void write_pic_levels(const uint8_t (&level)[2]) {
  io::write8(kLevelMaster, level[0]);
  io::write8(kLevelSlave, level[1]);
}

void set_pic_for_firmware() {
  initialise(kFirmwareBase, kFirmwareMask);
}

void put_pic_back(const PicState& state) {
  initialise(kFirmwareBase, state.mask);
  write_pic_levels(state.level);
}

void set_pic_for_linux(const PicState& state) {
  initialise(kLinuxBase, state.mask);
  write_pic_levels(state.level);
}

}  // namespace kjump::platform
