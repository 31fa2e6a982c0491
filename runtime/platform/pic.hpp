// SPDX-License-Identifier: MIT
/// The two 8259 interrupt controllers: to the vectors that a BIOS expects, and back.
#pragma once

#include <stdint.h>

namespace kjump::platform {

/// What can be read from the controllers: masks and edge/level registers. Vector bases cannot.
struct PicState {
  uint8_t mask[2];
  uint8_t level[2];
};

[[nodiscard]] PicState read_pic();

void write_pic_masks(const uint8_t (&mask)[2]);
void write_pic_levels(const uint8_t (&level)[2]);

/// Full initialisation to vectors 08h and 70h (T26, T32), lines that a BIOS works with unmasked.
/// Pending requests are dropped. Interrupts must be off.
void set_pic_for_firmware();

/// Full initialisation to firmware's vectors, then masks and edge/level registers of `state`.
void put_pic_back(const PicState& state);

/// Full initialisation to Linux's vectors 30h and 38h, then masks and edge/level registers of `state`.
void set_pic_for_linux(const PicState& state);

}  // namespace kjump::platform
