// SPDX-License-Identifier: MIT
/// The arguments of `kjump link`, shared with kjump_bootstrap so that they are written once.
#pragma once

#include <CLI/CLI.hpp>

#include <cmath>
#include <string>

#include <kjump/link.hpp>

#include "image/modes.hpp"

namespace kjump::linking {

struct Arguments {
  LinkOptions options;
  std::filesystem::path output;
  std::string mode;  ///< name of one of image::kModes
  double deadline_seconds = 0;
  bool no_bios = false;
};

/// Adds them to a parser. `arguments` must live as long as the parser.
inline void add_arguments(CLI::App& app, Arguments& arguments) {
  constexpr double kMaxDeadlineSeconds = 4'000'000;  // 32 bits of milliseconds
  LinkOptions& options = arguments.options;
  app.add_option("-o,--output", arguments.output, "Image to write, usually NAME.kjump")
      ->required()
      ->option_text("FILE REQUIRED");
  app.add_option(
         "--mode", arguments.mode,
         "Processor mode of kjump_main: real (16-bit), physical (32-bit, paging off) or long (64-bit)")
      ->required()
      ->option_text("real|physical|long REQUIRED")
      ->check(CLI::IsMember({"real", "physical", "long"}).description(""));
  app.add_option("--name", options.name, "Name of the image; default: stem of the output")
      ->option_text("TEXT");
  app.add_option("--version-string", options.version, "Version of the payload");
  app.add_option("--description", options.description, "One line about the payload");
  app.add_option("--deadline", arguments.deadline_seconds, "Seconds after which a jump is given up")
      ->check(CLI::Range(0.001, kMaxDeadlineSeconds).description(""))
      ->option_text("SECONDS");
  app.add_flag("--no-bios", arguments.no_bios, "The payload calls no BIOS routine: allow machines without");
  app.add_flag("--standalone", options.standalone, "No exchange: any kexec may load the image");
  app.add_option("--map", options.map_file, "Write the linker's map to this file")->option_text("FILE");
  app.add_option("files", options.inputs,
                 "ELF objects and archives, 64-bit for mode long, else 32-bit; one defines kjump_main")
      ->required();
}

/// Links and writes.
[[nodiscard]] inline Result<Image> link_as_told(const Arguments& arguments) {
  constexpr double kMillisecondsPerSecond = 1000;
  LinkOptions options = arguments.options;
  if (const image::Mode* mode = image::find_mode(arguments.mode)) {  // the parser knows no other words
    options.mode = mode->mode;
  }
  options.needs_bios = !arguments.no_bios;
  options.deadline_ms =
      static_cast<std::uint32_t>(std::llround(arguments.deadline_seconds * kMillisecondsPerSecond));
  if (options.name.empty()) {
    options.name = arguments.output.stem().string();
  }
  KJUMP_TRY(Image image, link(options));
  KJUMP_CHECK(image.write(arguments.output));
  return image;
}

}  // namespace kjump::linking
