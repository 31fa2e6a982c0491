// SPDX-License-Identifier: MIT
// kjump bios disks, kjump bios read-sector
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "cli/bios_commands.hpp"
#include "report/text.hpp"

namespace kjump::cli {

namespace {

// T52; measured with SeaBIOS after Linux 6.1 and 6.12 had driven the controller.
constexpr const char* kOnlyIde =
    "Works on IDE. Refused where Linux drives another disk controller, unless --unsafe is given: on AHCI "
    "and\n"
    "virtio the call hangs, on NVMe it fails.";

struct ReadOptions {
  BiosOptions common;
  bios::SectorRead read;
  std::filesystem::path output;
};

std::string disk_text(const bios::BiosDisk& disk) {
  std::string text = fmt::format("{:#04x}", disk.drive);
  if (disk.sectors) {
    text += fmt::format("  {} sectors of {} bytes", *disk.sectors, disk.sector_bytes);
  }
  if (disk.geometry) {
    text +=
        fmt::format("  CHS {}/{}/{}", disk.geometry->cylinders, disk.geometry->heads, disk.geometry->sectors);
  }
  if (disk.edd_version) {
    text += fmt::format("  EDD {:#04x}, features {:#x}", *disk.edd_version, disk.edd_features);
  }
  if (!disk.interface.empty()) {
    text += fmt::format("  {} {}", disk.bus, disk.interface);
  }
  for (const std::string& remark : disk.remarks) {
    text += "\n      " + remark;
  }
  return text + "\n";
}

std::string to_text(const bios::BiosDisks& disks) {
  std::string text =
      fmt::format("{} drive{} in the BIOS data area\n", disks.count, disks.count == 1 ? "" : "s");
  for (const bios::BiosDisk& disk : disks.disks) {
    text += disk_text(disk);
  }
  return text;
}

void run_read(const ReadOptions& options) {
  const auto batch = bios::read_sector_batch(options.read);
  if (!batch) {
    fail_usage(batch.error());
  }
  const auto sectors = bios::decode_read_sector(options.read, run_batch(options.common, *batch));
  if (!sectors) {
    fail_command(options.common, sectors.error());
  }
  if (!options.output.empty()) {
    write_output(options.output, *sectors);
  }
  if (options.common.json) {
    bios::Json json{{"drive", options.read.drive}, {"lba", options.read.lba}, {"count", options.read.count}};
    json["sector_bytes"] = options.read.sector_bytes;
    json["file"] = options.output.empty() ? bios::Json(nullptr) : bios::Json(options.output.string());
    json["content"] = options.output.empty() ? bios::Json(bios::hex_text(*sectors)) : bios::Json(nullptr);
    print_text(json.dump(2, ' ', true) + "\n");
  } else if (options.output.empty()) {
    print_text(report::hexdump(*sectors));
  } else {
    print_text(fmt::format("{} bytes written to {}\n", sectors->size(), options.output.string()));
  }
}

void add_read_sector(CLI::App& bios) {
  CLI::App* command = bios.add_subcommand("read-sector", "Read sectors (INT 13h 42h).");
  auto options = std::make_shared<ReadOptions>();
  command->add_option("--drive", options->read.drive, "BIOS drive number")->required()->type_name("0x80");
  command->add_option("--lba", options->read.lba, "first sector")->required()->type_name("N");
  command->add_option("--count", options->read.count, "sectors to read, at most 63 of 512 bytes")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--sector-bytes", options->read.sector_bytes, "size of a sector of this drive")
      ->capture_default_str()
      ->check(CLI::IsMember({512, 2048, 4096}));
  command->add_option("--out", options->output, "write them to this file instead of showing them")
      ->type_name("FILE");
  options->common.add_to(*command);
  command->footer(fmt::format("Example: kjump bios read-sector --drive 0x80 --lba 0\n{}", kOnlyIde));
  command->callback([options] { run_read(*options); });
}

}  // namespace

void add_bios_disks(CLI::App& bios) {
  CLI::App* command =
      bios.add_subcommand("disks", "The hard disks that the firmware knows (INT 13h 08h, 41h, 48h).");
  auto options = std::make_shared<BiosOptions>();
  options->add_to(*command);
  command->footer("Example: kjump bios disks --target vm --disk disk.img");
  command->callback(
      [options] { run_typed<bios::BiosDisks>(*options, bios::disks_batch(), bios::decode_disks, to_text); });
  add_read_sector(bios);
}

}  // namespace kjump::cli
