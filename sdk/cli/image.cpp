// SPDX-License-Identifier: MIT
// kjump image info|verify|export: the images in a store, or in a copy of one.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <kjump/abi/hibernate/content.hpp>
#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/fingerprint.hpp>
#include <kjump/abi/hibernate/image.hpp>
#include <kjump/abi/hibernate/machine.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "cli/commands.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "hibernate/image_export.hpp"
#include "hibernate/open_image.hpp"
#include "report/json_fields.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {
namespace {

using Json = nlohmann::ordered_json;
using namespace abi::hibernate;
using hibernate::ImageReader;
using hibernate::Slot;

struct ImageOptions {
  std::string path;
  std::optional<std::uint64_t> sector;
  std::optional<std::uint64_t> generation;
  bool json = false;
  std::string output;  ///< of export
};

/// The image that the options name, with what it is read from.
struct OpenImage {
  hibernate::Store store;
  Slot slot;
};

OpenImage open(const ImageOptions& options) {
  auto store = value_or_die(hibernate::open_for_reading(options.path, options.sector), options.json);
  const Slot slot = value_or_die(hibernate::find_slot(store, options.generation), options.json);
  return {std::move(store), slot};
}

void print_report(const ImageOptions& options, const Json& document, const std::string& text) {
  const std::string out = options.json ? document.dump(2) + "\n" : text;
  std::fputs(report::for_terminal(out).c_str(), stdout);
}

/// Says how far it is, once it takes long.
std::function<void(std::uint64_t, std::uint64_t)> steps(ProgressLine& progress, const char* what) {
  return [say = progress.callback(), what](std::uint64_t done, std::uint64_t all) {
    say(fmt::format("{} {} %", what, all == 0 ? 100 : done * 100 / all));
  };
}

std::string hex(std::uint64_t value) {
  return fmt::format("{:#x}", value);
}

std::uint64_t memory_bytes(std::uint64_t pages) {
  return pages * abi::kPageBytes;
}

/// What the image takes for each byte of memory that it holds.
double ratio(const ImageHeader& header) {
  const auto data = static_cast<double>(memory_bytes(header.data_pages));
  return data == 0 ? 0 : static_cast<double>(header.content_blocks) * kBlockBytes / data;
}

std::string name_of(const Fingerprint& fingerprint) {
  return {fingerprint.name, ::strnlen(fingerprint.name, sizeof fingerprint.name)};
}

const char* driver_name(std::uint16_t driver) {
  switch (static_cast<DiskDriver>(driver)) {
    case DiskDriver::kNone:
      break;
    case DiskDriver::kVirtio:
      return "virtio";
    case DiskDriver::kNvme:
      return "nvme";
    case DiskDriver::kAhci:
      return "ahci";
    case DiskDriver::kIde:
      return "ide";
    case DiskDriver::kBios:
      return "bios";
  }
  return "none";
}

const char* kind_name(std::uint32_t kind) {
  switch (static_cast<RangeKind>(kind)) {
    case RangeKind::kRam:
      return "ram";
    case RangeKind::kAcpiNvs:
      return "acpi-nvs";
  }
  return "unknown";
}

Json ranges_json(const ImageHeader& header) {
  Json ranges = Json::array();
  for (const MemoryRange& range : std::span(header.ranges).first(header.range_count)) {
    ranges.push_back({{"start", hex(range.start)}, {"end", hex(range.end)}, {"kind", kind_name(range.kind)}});
  }
  return ranges;
}

Json fingerprints_json(const ImageHeader& header) {
  Json fingerprints = Json::array();
  for (const Fingerprint& each : std::span(header.fingerprints).first(header.fingerprint_count)) {
    fingerprints.push_back({{"name", report::text_to_utf8(name_of(each))},
                            {"driver", driver_name(each.driver)},
                            {"sector", each.sector},
                            {"sectors", each.sectors},
                            {"hash", fmt::format("{:016x}", each.hash)}});
  }
  return fingerprints;
}

Json info_json(const Slot& slot, const ImageHeader& header) {
  const Machine& machine = header.machine;
  return {{"store", hibernate::uuid_text(header.store)},
          {"generation", header.generation},
          {"state", hibernate::state_name(slot.state.state)},
          {"saved_at", header.saved_at},
          {"kernel", report::text_to_utf8(header.kernel)},
          {"bytes", slot.commit.blocks * kBlockBytes},
          {"content_bytes", header.content_blocks * kBlockBytes},
          {"ratio", ratio(header)},
          {"pages",
           {{"all", header.pages},
            {"data", header.data_pages},
            {"zero", header.zero_pages},
            {"free", header.free_pages},
            {"skipped", header.skipped_pages}}},
          {"chunks", header.chunks},
          {"ranges", ranges_json(header)},
          {"machine",
           {{"rsdp", hex(machine.rsdp)},
            {"acpi_tables", machine.tables},
            {"acpi_hash", fmt::format("{:016x}", machine.tables_hash)},
            {"hardware_signature", hex(machine.hardware_signature)},
            {"cpu_signature", hex(machine.cpu_signature)},
            {"firmware_ranges", machine.ranges}}},
          {"fingerprints", fingerprints_json(header)}};
}

std::string info_text(const Slot& slot, const ImageHeader& header) {
  const Machine& machine = header.machine;
  std::string text = fmt::format(
      "image        generation {} of store {}\n"
      "saved        {}, {}\n"
      "kernel       Linux {}\n"
      "memory       {} in {} ranges\n"
      "  data       {:>10}   {} pages in {} chunks\n"
      "  zero       {:>10}   {} pages\n"
      "  free       {:>10}   {} pages\n"
      "  skipped    {:>10}   {} pages\n",
      header.generation, hibernate::uuid_text(header.store), utc_text(header.saved_at),
      hibernate::state_name(slot.state.state), header.kernel, size_text(memory_bytes(header.pages)),
      header.range_count, size_text(memory_bytes(header.data_pages)), header.data_pages, header.chunks,
      size_text(memory_bytes(header.zero_pages)), header.zero_pages,
      size_text(memory_bytes(header.free_pages)), header.free_pages,
      size_text(memory_bytes(header.skipped_pages)), header.skipped_pages);
  text += fmt::format(
      "on the disk  {}; the data takes {:.0f} % of its size in memory\n"
      "machine      RSDP {:#x}, {} ACPI tables ({:016x}), processor {:#x}, {} firmware ranges\n",
      size_text(slot.commit.blocks * kBlockBytes), ratio(header) * 100, machine.rsdp, machine.tables,
      machine.tables_hash, machine.cpu_signature, machine.ranges);
  for (const Fingerprint& each : std::span(header.fingerprints).first(header.fingerprint_count)) {
    text += fmt::format("fingerprint  {}: {} sectors from {} ({:016x})\n", name_of(each), each.sectors,
                        each.sector, each.hash);
  }
  return text;
}

void info(const ImageOptions& options) {
  const OpenImage image = open(options);
  const ImageReader reader = value_or_die(hibernate::open_image(image.store, image.slot), options.json);
  print_report(options, info_json(image.slot, reader.header()), info_text(image.slot, reader.header()));
}

void verify(const ImageOptions& options) {
  const OpenImage image = open(options);
  const auto checked = [&]() -> Result<std::uint64_t> {
    ProgressLine progress;
    KJUMP_TRY(ImageReader reader, hibernate::open_image(image.store, image.slot));
    KJUMP_CHECK(hibernate::verify_image(reader, steps(progress, "verifying")));
    return reader.header().chunks;
  }();
  const std::uint64_t chunks = value_or_die(checked, options.json);
  const std::uint64_t generation = image.slot.commit.generation;
  print_report(options, {{"generation", generation}, {"chunks", chunks}, {"sound", true}},
               fmt::format("generation {} is sound: header, tables and {} chunks\n", generation, chunks));
}

void export_image(const ImageOptions& options) {
  const OpenImage image = open(options);
  const auto exported = [&]() -> Result<hibernate::Exported> {
    ProgressLine progress;
    KJUMP_TRY(ImageReader reader, hibernate::open_image(image.store, image.slot));
    return hibernate::export_core(reader, options.output, steps(progress, "exporting"));
  }();
  const hibernate::Exported done = value_or_die(exported, options.json);
  print_report(options,
               {{"file", report::text_to_utf8(options.output)},
                {"file_bytes", done.file_bytes},
                {"written_bytes", done.written_bytes},
                {"page_offset", hex(done.page_offset)}},
               fmt::format("{}: {}, {} of memory in it; all that the machine knew, keys and passwords "
                           "included\n",
                           options.output, size_text(done.file_bytes), size_text(done.written_bytes)));
}

CLI::App* add_image_command(CLI::App& group, const char* name, const char* help,
                            const std::shared_ptr<ImageOptions>& options) {
  CLI::App* command = group.add_subcommand(name, help);
  command->add_option("store", options->path, "block device, prepared file, or a plain copy of a store")
      ->required();
  command->add_option("--generation", options->generation, "which image (default: the newest)");
  command->add_option("--sector", options->sector,
                      "the store begins at this 512-byte sector of a whole disk, or of a copy of one");
  command->add_flag("--json", options->json, "print JSON");
  return command;
}

}  // namespace

void add_image(CLI::App& app) {
  CLI::App* group = app.add_subcommand("image", "Look into a hibernation image.");
  group->require_subcommand(1);
  const auto options = std::make_shared<ImageOptions>();
  add_image_command(*group, "info", "What an image holds, and of which machine.", options)
      ->callback([options] { info(*options); });
  CLI::App* verify_command =
      add_image_command(*group, "verify", "Read all of an image and check every hash.", options);
  verify_command->footer("Exits with 1, and names the first damaged part, when the image is not sound.");
  verify_command->callback([options] { verify(*options); });
  CLI::App* export_command = add_image_command(
      *group, "export", "Write an image as a core file for gdb, crash and makedumpfile.", options);
  export_command->add_option("output", options->output, "file to be created")->required();
  export_command->callback([options] { export_image(*options); });
}

}  // namespace kjump::cli
