// SPDX-License-Identifier: MIT
// kjump bios video-modes
#include <memory>
#include <string>

#include <fmt/format.h>

#include <kjump/bios_calls.hpp>

#include "cli/bios_commands.hpp"

namespace kjump::cli {

namespace {

std::string mode_text(const bios::VideoMode& mode) {
  std::string text = fmt::format("{:#06x}  {:>4}x{:<4} {:>2} {}", mode.number, mode.width, mode.height,
                                 mode.bits_per_pixel, mode.graphics() ? "bits" : "text");
  if (mode.framebuffer != 0) {
    text += fmt::format("  framebuffer {:#010x}, {} bytes a line", mode.framebuffer, mode.bytes_per_line);
  }
  return text + (mode.supported() ? "\n" : "  not supported\n");
}

std::string to_text(const bios::VideoModes& video) {
  std::string text =
      fmt::format("current mode {:#04x}, {} columns, page {}", video.current_mode, video.columns, video.page);
  if (video.current_vbe_mode) {
    text += fmt::format(", VBE mode {:#06x}", *video.current_vbe_mode);
  }
  if (video.vbe_version == 0) {
    return text + "\nno VBE\n";
  }
  text += fmt::format("\nVBE {}.{}, {} KiB\n", video.vbe_version >> 8, video.vbe_version & 0xFF,
                      video.memory_kib);
  for (const bios::VideoMode& mode : video.modes) {
    text += mode_text(mode);
  }
  return text + (video.truncated ? "... the list is longer\n" : "");
}

}  // namespace

void add_bios_video(CLI::App& bios) {
  CLI::App* command =
      bios.add_subcommand("video-modes", "The video BIOS's modes (VBE, INT 10h), all in one jump.");
  auto options = std::make_shared<BiosOptions>();
  options->add_to(*command);
  command->footer(
      "Example: kjump bios video-modes --target vm\n"
      "Asks only. Refused on a card that a native driver of Linux drives, unless --unsafe is given.");
  command->callback([options] {
    run_typed<bios::VideoModes>(*options, bios::video_modes_batch(), bios::decode_video_modes, to_text);
  });
}

}  // namespace kjump::cli
