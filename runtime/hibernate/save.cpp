// SPDX-License-Identifier: MIT
// The save payload: writes the machine's memory to a disk, as Linux left it when it let go of the processor,
// and switches the machine off. Memory outside of image, exchange and workspace is only read.
#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/fingerprint.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include <new>

#include "hibernate/acpi.hpp"
#include "hibernate/pci_setup.hpp"
#include "hibernate/saver.hpp"

namespace {

namespace format = kjump::abi::hibernate;
using namespace kjump::hibernate;
using format::SaveStatus;

format::SaveRequest request;
format::SaveReply reply;
alignas(Saver) uint8_t saver_memory[sizeof(Saver)];  // too large for the stack
Saver* saver = nullptr;                              // made anew in each jump

bool has_flag(uint32_t flag) {
  return (request.flags & flag) != 0;
}

bool is_sane() {
  return request.magic == format::kSaveMagic && request.version == format::kFormatVersion &&
         request.range_count <= format::kMostRanges && request.map_count <= format::kMostRanges &&
         request.fingerprint_count <= format::kMostFingerprints &&
         request.pci_count <= format::kMostPciRecords;
}

SaveStatus answer(const Failure& failed, SaveStatus otherwise) {
  __builtin_memcpy(reply.error, failed.why.text(), sizeof reply.error);
  return failed.failed() ? static_cast<SaveStatus>(failed.status) : otherwise;
}

// Committed. Comes back where the machine cannot be switched off, or is not to be.
SaveStatus end_save() {
  const auto after = static_cast<format::AfterSave>(request.after);
  const uint32_t ticks_per_ms = saver->ticks_per_ms();
  if (after == format::AfterSave::kContinue) {
    return SaveStatus::kSaved;
  }
  kjump::print("kjump: saved\n");
  if (after == format::AfterSave::kReboot) {
    saver->close();
    reset(request.acpi, ticks_per_ms);
  }
  power_off(request.acpi, ticks_per_ms);
  // Still here. Linux goes on, so that the image must not.
  (void)saver->note_state(format::ImageState::kDiscarded);
  return answer(
      failure(SaveStatus::kPowerOff, "the machine does not switch off (ACPI S5); the image is discarded"),
      SaveStatus::kPowerOff);
}

SaveStatus run() {
  if (kjump::read_request(&request, sizeof request) != sizeof request || !is_sane()) {
    return answer(failure(SaveStatus::kRequest, "the request is not of this version"), SaveStatus::kRequest);
  }
  if (has_flag(format::kSaveOnlyIfAlarm) && !woken_by_alarm(request.acpi)) {
    return SaveStatus::kWoken;
  }
  if (kjump::door() == kjump::abi::Door::kWake) {
    write_pci_records(request.pci, request.pci_count);
  }
  const Failure failed = saver->save();
  if (failed.failed()) {
    return answer(failed, SaveStatus::kSaved);
  }
  return has_flag(format::kSaveRehearse) ? SaveStatus::kRehearsed : end_save();
}

}  // namespace

extern "C" uint32_t kjump_main() {
  reply = {};
  saver = new (saver_memory) Saver(request, reply);
  reply.status = static_cast<uint32_t>(run());
  saver->close();
  kjump::write_reply(&reply, sizeof reply);
  if (reply.error[0] != '\0') {
    kjump::print("kjump: ");
    kjump::print(reply.error);
    kjump::print("\n");
  }
  return reply.status;
}
