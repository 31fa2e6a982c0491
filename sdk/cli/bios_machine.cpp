// SPDX-License-Identifier: MIT
// kjump bios equipment, kjump bios clock
#include <memory>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <kjump/bios_calls.hpp>

#include "cli/bios_commands.hpp"

namespace kjump::cli {

namespace {

const char* video_name(std::uint8_t code) {
  switch (code) {
    case 1:
      return "40x25 colour";
    case 2:
      return "80x25 colour";
    case 3:
      return "80x25 monochrome";
    default:
      return "EGA or later";
  }
}

std::string to_text(const bios::Equipment& equipment) {
  std::string text = fmt::format(
      "equipment word   {:#06x}\n"
      "base memory      {} KiB\n"
      "coprocessor      {}\n"
      "pointing device  {}\n"
      "floppy drives    {}\n"
      "serial ports     {}\n"
      "parallel ports   {}\n"
      "initial video    {}\n",
      equipment.word, equipment.base_memory_kib, equipment.coprocessor ? "yes" : "no",
      equipment.pointing_device ? "yes" : "no", equipment.floppy_drives, equipment.serial_ports,
      equipment.parallel_ports, video_name(equipment.initial_video));
  if (!equipment.configuration_address) {
    return text + "configuration    none\n";
  }
  text += fmt::format("configuration    at {:#x}", *equipment.configuration_address);
  if (const auto& table = equipment.configuration; table) {
    text += fmt::format(": model {:02x}, submodel {:02x}, revision {:02x}, features {:02x}", table->model,
                        table->submodel, table->revision, fmt::join(table->features, " "));
  }
  return text + "\n";
}

std::string to_text(const bios::Clock& clock) {
  return fmt::format(
      "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{}\n{} ticks since midnight as far as the BIOS counted{}\n",
      clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second,
      clock.daylight_saving ? " daylight saving" : "", clock.ticks,
      clock.midnight_passed ? ", midnight passed" : "");
}

}  // namespace

void add_bios_machine(CLI::App& bios) {
  CLI::App* equipment =
      bios.add_subcommand("equipment", "What the machine says it has (INT 11h, 12h, 15h C0).");
  auto equipment_options = std::make_shared<BiosOptions>();
  equipment_options->add_to(*equipment);
  equipment->footer("Example: kjump bios equipment --json");
  equipment->callback([equipment_options] {
    run_typed<bios::Equipment>(*equipment_options, bios::equipment_batch(), bios::decode_equipment, to_text);
  });

  CLI::App* clock = bios.add_subcommand("clock", "The real-time clock and the tick counter (INT 1Ah).");
  auto clock_options = std::make_shared<BiosOptions>();
  clock_options->add_to(*clock);
  clock->footer("Example: kjump bios clock\nReading the ticks clears the firmware's midnight flag.");
  clock->callback([clock_options] {
    run_typed<bios::Clock>(*clock_options, bios::clock_batch(), bios::decode_clock, to_text);
  });
}

}  // namespace kjump::cli
