// SPDX-License-Identifier: MIT
// The restore payload: reads a machine's memory from a disk and goes on in it. Returns only to refuse, with
// the machine as it was before.
#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/payload.hpp>

#include <new>

#include "hibernate/acpi.hpp"
#include "hibernate/hash.hpp"
#include "hibernate/pci_setup.hpp"
#include "hibernate/progress.hpp"
#include "hibernate/restorer.hpp"

namespace {

namespace format = kjump::abi::hibernate;
using namespace kjump::hibernate;
using format::RestoreStatus;

format::RestoreRequest request;
format::RestoreReply reply;
format::SaveReply restored;
alignas(Restorer) uint8_t restorer_memory[sizeof(Restorer)];  // too large for the stack

constexpr uint32_t kFastTicks = 4'000'000;  // a millisecond of a fast processor: the disk may be gone

void say(const char* text) {
  kjump::print("kjump: ");
  kjump::print(text);
  kjump::print("\n");
}

RestoreStatus refuse(const Failure& failed) {
  __builtin_memcpy(reply.error, failed.why.text(), sizeof reply.error);
  kjump::print("kjump: not restored: ");
  kjump::print(reply.error);
  kjump::print("\n");
  return static_cast<RestoreStatus>(failed.status);
}

// Memory is part this machine's, part the saved one's: there is nowhere to return to. The image is whole,
// the next boot tries again, as often as the store's counter lets it.
[[noreturn]] void give_up(const Failure& failed) {
  kjump::print("kjump: the restore was broken off, the machine starts again: ");
  kjump::print(failed.why.text());
  kjump::print("\n");
  leave_time_to_read();
  reset(image_header().acpi, kFastTicks);
}

// New every time, also when the same image is restored twice.
void mix_entropy(uint8_t* to, const uint8_t* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
    struct {
      uint64_t position;
      uint64_t time;
      uint8_t kept[64];
    } source{i, kjump::read_tsc(), {}};
    __builtin_memcpy(source.kept, from, sizeof source.kept);
    const uint64_t word = hash_of(&source, sizeof source);
    __builtin_memcpy(to + i, &word, sizeof word);
  }
}

// What the session that waits for the save payload will read.
void answer_as_saved() {
  const format::ImageHeader& header = image_header();
  restored.status = static_cast<uint32_t>(format::SaveStatus::kRestored);
  restored.slot = reply.slot;
  restored.generation = header.generation;
  restored.pages = header.pages;
  restored.free_pages = header.free_pages;
  restored.kernel_free_pages = header.kernel_free_pages;
  restored.zero_pages = header.zero_pages;
  restored.data_pages = header.data_pages;
  restored.skipped_pages = header.skipped_pages;
  restored.stored_bytes = header.content_blocks * format::kBlockBytes;
  restored.image_blocks = format::kImageHeaderBlocks + header.content_blocks + header.table_blocks;
  restored.save = header.save;
  restored.restore = reply.restore;
  restored.save_work = header.save_work;
  restored.restore_work = reply.work;
  restored.saved_at = header.saved_at;
  mix_entropy(restored.entropy, header.entropy, sizeof restored.entropy);
  kjump::write_reply(&restored, sizeof restored);
}

bool is_sane() {
  return request.magic == format::kRestoreMagic && request.version == format::kFormatVersion &&
         request.map_count <= format::kMostRanges && request.pci_count <= format::kMostPciRecords;
}

RestoreStatus run(Restorer& restorer) {
  if (kjump::read_request(&request, sizeof request) != sizeof request || !is_sane()) {
    return refuse(failure(RestoreStatus::kRequest, "the request is not of this version"));
  }
  if (kjump::door() == kjump::abi::Door::kWake) {
    write_pci_records(request.pci, request.pci_count);
  }
  Failure failed = restorer.check();
  const bool only_verify = (request.flags & format::kRestoreVerifyOnly) != 0;
  if (failed.failed() || only_verify) {
    restorer.note_refusal(failed);
    return failed.failed() ? refuse(failed) : RestoreStatus::kVerified;
  }
  bool lost = false;
  failed = restorer.load(lost);
  if (lost && failed.failed()) {
    give_up(failed);
  }
  if (failed.failed()) {
    return refuse(failed);
  }
  say("restored");
  if (!restorer.become_saved_machine()) {
    give_up(failure(RestoreStatus::kHeader, "the saved machine went through an unknown door"));
  }
  answer_as_saved();
  return RestoreStatus::kNone;
}

}  // namespace

extern "C" uint32_t kjump_main() {
  reply = {};
  auto* restorer = new (restorer_memory) Restorer(request, reply);
  const RestoreStatus status = run(*restorer);
  if (status == RestoreStatus::kNone) {
    return static_cast<uint32_t>(format::SaveStatus::kRestored);  // in the saved machine's session
  }
  restorer->close();
  reply.status = static_cast<uint32_t>(status);
  kjump::write_reply(&reply, sizeof reply);
  return reply.status;
}
