// SPDX-License-Identifier: MIT
#include "platform/pit_edges.hpp"

#include <kjump/abi/fault.hpp>

#include "platform/nmi_pin.hpp"
#include "platform/real_segment.hpp"

extern "C" char kjump_edge_watch[];  // linked at its offset in the real segment

namespace kjump::platform {

namespace {

constinit NmiPin nmi;

void set_state(abi::EdgeWatch state) {
  in_real_segment<uint8_t>(kjump_edge_watch) = static_cast<uint8_t>(state);
}

}  // namespace

void count_pit_edges(const IoApic& io_apic, uint32_t pin) {
  set_state(abi::EdgeWatch::kRunning);
  nmi.connect(io_apic, pin);
}

void stop_counting_pit_edges() {
  nmi.pause();  // before its handler is told that there is nothing to count
  set_state(abi::EdgeWatch::kNone);
  nmi.disconnect();
}

}  // namespace kjump::platform

using namespace kjump;

/// For the thunk: firmware has the processor. Only while the edges are watched.
extern "C" void kjump_pause_edges() {
  platform::nmi.pause();
  platform::set_state(abi::EdgeWatch::kPaused);
}

extern "C" void kjump_resume_edges() {
  platform::set_state(abi::EdgeWatch::kRunning);
  platform::nmi.resume();
}
