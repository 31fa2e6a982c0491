// SPDX-License-Identifier: MIT
// The image's header: each field flipped, and changed by somebody who made the hashes right again. Of what
// no check can know, such as registers, the hashes are the only guard.
#include <fmt/format.h>

#include <string_view>

#include <kjump/abi/hibernate/image.hpp>

#include "simulated/faults.hpp"
#include "simulated/fields.hpp"

namespace kjump::simulated {
namespace {

using Header = format::ImageHeader;

constexpr const char* kAcpi = "refused: the ACPI tables differ";
constexpr const char* kMap = "refused: the firmware's memory map differs";
constexpr const char* kFileSystem =
    "refused: /dev/sim1 on / has been mounted or written since the image was saved";
constexpr const char* kOtherDisk = "refused: simulated virtio: open: no disk there (/dev/sim1 on /)";

constexpr std::array kFields{
    KJUMP_FIELD(Header, magic, kHeader),
    KJUMP_FIELD(Header, version, kHeader),
    KJUMP_FIELD(Header, header_bytes, kHeader),
    KJUMP_FIELD(Header, store, kHeader),
    KJUMP_FIELD(Header, generation, kHeader),
    // For people and debuggers.
    KJUMP_FIELD(Header, saved_at, kRestored),
    KJUMP_FIELD(Header, kernel, kRestored),
    KJUMP_FIELD(Header, vmcoreinfo, kRestored),
    KJUMP_FIELD(Header, vmcoreinfo_bytes, kRestored),
    KJUMP_FIELD(Header, kernel_offset, kRestored),
    // What goes where.
    KJUMP_FIELD(Header, pages, kHeader),
    KJUMP_FIELD(Header, data_pages, kHeader),
    KJUMP_FIELD(Header, zero_pages, kHeader),
    KJUMP_FIELD(Header, free_pages, kHeader),
    KJUMP_FIELD(Header, skipped_pages, kHeader),
    KJUMP_FIELD(Header, chunks, kHeader),
    KJUMP_FIELD(Header, content_blocks, kHeader),
    KJUMP_FIELD(Header, table_blocks, kHeader),
    KJUMP_FIELD(Header, table_bytes, kHeader),
    KJUMP_FIELD(Header, table_hash, kTables),
    KJUMP_FIELD(Header, range_count, kHeader),
    KJUMP_FIELD(Header, fingerprint_count, "refused: simulated virtio: open: no such driver ()"),
    KJUMP_FIELD(Header, workspace_pieces, kHeader),
    KJUMP_FIELD(Header, free_fill, kHeader),
    // The processor: only what become() must know is looked at.
    KJUMP_FIELD(Header, entry.rsp, kRestored),
    KJUMP_FIELD(Header, entry.return_address, kRestored),
    KJUMP_FIELD(Header, entry.rflags, kRestored),
    KJUMP_FIELD(Header, entry.cr0, kRestored),
    KJUMP_FIELD(Header, entry.cr3, kRestored),
    KJUMP_FIELD(Header, entry.cr4, kRestored),
    KJUMP_FIELD(Header, entry.efer, kRestored),
    KJUMP_FIELD(Header, entry.gdt_base, kRestored),
    KJUMP_FIELD(Header, entry.idt_base, kRestored),
    KJUMP_FIELD(Header, entry.fs_base, kRestored),
    KJUMP_FIELD(Header, entry.gs_base, kRestored),
    KJUMP_FIELD(Header, entry.dr7, kRestored),
    KJUMP_FIELD(Header, entry.apic_base, kRestored),
    KJUMP_FIELD(Header, entry.hpet_config, kRestored),
    KJUMP_FIELD(Header, entry.gdt_limit, kRestored),
    KJUMP_FIELD(Header, entry.idt_limit, kRestored),
    KJUMP_FIELD(Header, entry.cs, kRestored),
    KJUMP_FIELD(Header, entry.ss, kRestored),
    KJUMP_FIELD(Header, entry.ds, kRestored),
    KJUMP_FIELD(Header, entry.es, kRestored),
    KJUMP_FIELD(Header, entry.fs, kRestored),
    KJUMP_FIELD(Header, entry.gs, kRestored),
    KJUMP_FIELD(Header, entry.tr, kRestored),
    KJUMP_FIELD(Header, entry.ldtr, kRestored),
    KJUMP_FIELD(Header, entry.reserved_selectors, kRestored),
    KJUMP_FIELD(Header, entry.apic_spurious, kRestored),
    KJUMP_FIELD(Header, entry.apic_lint0, kRestored),
    KJUMP_FIELD(Header, entry.apic_lint1, kRestored),
    KJUMP_FIELD(Header, entry.apic_timer, kRestored),
    KJUMP_FIELD(Header, entry.apic_tpr, kRestored),
    KJUMP_FIELD(Header, entry.pic_mask, kRestored),
    KJUMP_FIELD(Header, entry.pic_level, kRestored),
    KJUMP_FIELD(Header, entry.pit_status, kRestored),
    KJUMP_FIELD(Header, entry.a20, kRestored),
    KJUMP_FIELD(Header, entry.door, kHeader),
    KJUMP_FIELD(Header, entry.boot_drive, kRestored),
    KJUMP_FIELD(Header, entry.reserved, kRestored),
    KJUMP_FIELD(Header, parameters, kRestored),
    KJUMP_FIELD(Header, exchange, kRestored),
    KJUMP_FIELD(Header, acpi, kRestored),
    KJUMP_FIELD(Header, acpi_enables, kRestored),
    KJUMP_FIELD(Header, entropy, kRestored),
    KJUMP_FIELD(Header, save, kRestored),
    KJUMP_FIELD(Header, save_work, kRestored),
    KJUMP_FIELD(Header, kernel_free_pages, kRestored),
    // The machine.
    KJUMP_FIELD(Header, machine.ranges, "refused: the firmware's memory map has 1 entries, it had 17"),
    KJUMP_FIELD(Header, machine.tables, kAcpi),
    KJUMP_FIELD(Header, machine.rsdp, kAcpi),
    KJUMP_FIELD(Header, machine.tables_hash, kAcpi),
    KJUMP_FIELD(Header, machine.cpu_vendor, "refused: the processor is of another vendor"),
    KJUMP_FIELD(Header, machine.cpu_signature, kRestored),  // features are what counts
    KJUMP_FIELD(Header, machine.cpu_features, "refused: the processor lacks features that it had"),
    KJUMP_FIELD(Header, machine.hardware_signature,
                "refused: the firmware says that the hardware has changed (FACS signature)"),
    KJUMP_FIELD(Header, machine.reserved, kRestored),
    KJUMP_FIELD(Header, machine.map[0].start, kMap),
    KJUMP_FIELD(Header, machine.map[0].end, kMap),
    KJUMP_FIELD(Header, machine.map[0].type, kMap),
    KJUMP_FIELD(Header, machine.map[0].reserved, kRestored),
    KJUMP_REST(Header, machine.map, 1, kRestored),
    KJUMP_FIELD(Header, ranges[0].start, kHeader),
    KJUMP_FIELD(Header, ranges[0].end, kHeader),
    KJUMP_FIELD(Header, ranges[0].kind, kRestored),  // the save's business
    KJUMP_FIELD(Header, ranges[0].reserved, kRestored),
    KJUMP_FIELD(Header, ranges[1].start, kHeader),
    KJUMP_FIELD(Header, ranges[1].end, kHeader),
    KJUMP_FIELD(Header, ranges[1].kind, kRestored),
    KJUMP_FIELD(Header, ranges[1].reserved, kRestored),
    KJUMP_REST(Header, ranges, 2, kRestored),
    KJUMP_FIELD(Header, fingerprints[0].driver,
                "refused: simulated virtio: open: no such driver (/dev/sim1 on /)"),
    KJUMP_FIELD(Header, fingerprints[0].bus, kOtherDisk),
    KJUMP_FIELD(Header, fingerprints[0].device, kOtherDisk),
    KJUMP_FIELD(Header, fingerprints[0].function, kOtherDisk),
    KJUMP_FIELD(Header, fingerprints[0].unit, kOtherDisk),
    KJUMP_FIELD(Header, fingerprints[0].reserved, kRestored),
    KJUMP_FIELD(Header, fingerprints[0].sector, kFileSystem),
    KJUMP_FIELD(Header, fingerprints[0].sectors, kFileSystem),
    KJUMP_FIELD(Header, fingerprints[0].reserved2, kRestored),
    KJUMP_FIELD(Header, fingerprints[0].hash, kFileSystem),
    KJUMP_FIELD(Header, fingerprints[0].name, kRestored),
    KJUMP_REST(Header, fingerprints, 1, kRestored),
    KJUMP_FIELD(Header, workspace[0], kHeader),
    KJUMP_FIELD(Header, workspace[1], kHeader),
    KJUMP_FIELD(Header, workspace[2], kHeader),
    KJUMP_REST(Header, workspace, 3, kRestored),  // the scene's machine lends three pieces
    KJUMP_FIELD(Header, hash, kHeader),
};
static_assert(cover(kFields, sizeof(Header)));

// Any set of features is this processor's, unless it is all there could be.
void change(std::uint8_t* place, const Field& field) {
  if (std::string_view(field.name) == "machine.cpu_features") {
    std::memset(place, 0xFF, field.bytes);
  } else {
    flip(place);
  }
}

std::string damage(const Field& field, bool mended) {
  Scene& at = scene();
  at.switch_off();
  change(at.machine.block(commit_of(at.machine, 0).first_block) + field.offset, field);
  if (mended) {
    mend_header(at.machine);
  }
  at.machine.disk.make_safe();
  return refused_and_mended(at);
}

constexpr Field kBehind{"behind the struct", sizeof(Header), format::kImageHeaderBytes - sizeof(Header),
                        kRestored};
static_assert(kBehind.bytes != 0);

}  // namespace

std::vector<Injection> header_injections() {
  std::vector<Injection> list;
  for (const Field& field : kFields) {
    list.push_back({"restore, image header", fmt::format("{}: a bit flipped", field.name), kHeader,
                    [&field] { return damage(field, false); }});
  }
  list.push_back({"restore, image header", "behind the struct: a bit flipped", kHeader,
                  [] { return damage(kBehind, false); }});
  for (const Field& field : kFields) {
    if (std::string_view(field.name) != "hash") {  // made right again it is what it was
      list.push_back({"restore, image header", fmt::format("{}: changed, hashes made right", field.name),
                      field.expected, [&field] { return damage(field, true); }});
    }
  }
  list.push_back({"restore, image header", "behind the struct: changed, hashes made right", kRestored,
                  [] { return damage(kBehind, true); }});
  return list;
}

}  // namespace kjump::simulated
