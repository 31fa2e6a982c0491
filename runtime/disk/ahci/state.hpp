// SPDX-License-Identifier: MIT
/// What the two halves of the AHCI driver share: bring-up (controller.cpp) and requests (ahci.cpp).
#pragma once

#include "disk/ahci/port.hpp"
#include "disk/pci.hpp"

namespace kjump::disk::ahci {

struct State {
  PortMemory memory;
  alignas(512) uint16_t identity[256];
  Registers registers;
  Port port;
  pci::Taken taken;
  uint32_t control_before;
  bool port_taken;
  bool queuing;
  bool alone;        ///< one command at a time: no queuing, a flush, or repeating after an error
  uint32_t waiting;  ///< slots whose commands are yet to be issued, alone
  uint32_t issued;   ///< slots that the port has
};
static_assert(sizeof(State) <= kStorageBytes);

/// Takes the controller from whoever has it and finds the port and its disk.
[[nodiscard]] Error bring_up(Disk& disk, State& state);
/// All ports, for one that does not stop.
void reset_controller(const Disk& disk, const State& state);
/// The controller as it was found.
void put_back(const State& state);

/// A command that failed, by the registers of now.
[[nodiscard]] Error device_error(const State& state, uint8_t command);

}  // namespace kjump::disk::ahci
