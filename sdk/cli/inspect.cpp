// SPDX-License-Identifier: MIT
/// kjump inspect: what a jump image says about itself.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <kjump/image.hpp>

#include "cli/commands.hpp"
#include "image/areas.hpp"
#include "image/file_io.hpp"
#include "image/modes.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {
namespace {

constexpr std::uint32_t kMillisecondsPerSecond = 1000;

struct Options {
  std::string file;
  bool json = false;
};

std::string mode_text(abi::PayloadMode mode) {
  return std::string(image::mode_of(mode).name);
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{:#x}", address);
}

nlohmann::ordered_json optional_address(std::uint32_t address) {
  return address == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(address_text(address));
}

std::string entry_text(std::uint32_t address) {
  return address == 0 ? "none" : address_text(address);
}

/// Ordered: a reader finds the keys where the text has them. Addresses are strings, since JSON has no
/// hexadecimal numbers; sizes are numbers.
nlohmann::ordered_json to_json(const Image& image, const Sha256& hash) {
  const ImageInfo& info = image.info();
  nlohmann::ordered_json json;
  json["name"] = info.name;
  json["version"] = info.version;
  json["description"] = info.description;
  json["format_version"] = info.format_version;
  json["mode"] = mode_text(info.mode);
  json["needs_bios"] = info.needs_bios();
  json["standalone"] = info.standalone();
  json["deadline_ms"] = info.deadline_ms;
  json["kexec_entry"] = address_text(info.kexec_entry);
  json["wake_entry"] = optional_address(info.wake_entry);
  json["boot_entry"] = optional_address(info.boot_entry);
  json["boot_entry_flat"] = optional_address(info.boot_entry_flat);
  json["parameters"] = address_text(info.parameters);
  json["exchange"] = nullptr;
  if (info.exchange_bytes != 0) {
    json["exchange"] = {{"address", address_text(info.exchange_base)}, {"bytes", info.exchange_bytes}};
  }
  json["segments"] = nlohmann::ordered_json::array();
  for (const Segment& segment : image.segments()) {
    json["segments"].push_back({{"area", image::area_name(segment.address)},
                                {"address", address_text(segment.address)},
                                {"file_bytes", segment.content.size()},
                                {"memory_bytes", segment.memory_bytes}});
  }
  json["symbols"] = image.symbols().size();
  json["sha256"] = hash.hex();
  return json;
}

std::string line(std::string_view label, const std::string& value) {
  return fmt::format("{:<12} {}\n", label, value);
}

std::string flags_text(const ImageInfo& info) {
  return std::string(info.needs_bios() ? "needs BIOS services" : "needs no BIOS") +
         (info.standalone() ? ", standalone (any kexec may load it)" : "");
}

std::string exchange_text(const ImageInfo& info) {
  return info.exchange_bytes == 0
             ? "none"
             : fmt::format("{:#x}-{:#x}", info.exchange_base, info.exchange_base + info.exchange_bytes - 1);
}

std::string deadline_text(const ImageInfo& info) {
  return info.deadline_ms == 0
             ? "kjump's default"
             : fmt::format("{} s", static_cast<double>(info.deadline_ms) / kMillisecondsPerSecond);
}

std::string to_text(const Image& image, const Sha256& hash) {
  const ImageInfo& info = image.info();
  std::string text = line("name", info.name) + line("version", info.version);
  if (!info.description.empty()) {
    text += line("description", info.description);
  }
  text += line("format", std::to_string(info.format_version));
  text += line("mode", mode_text(info.mode));
  text += line("flags", flags_text(info));
  text += line("deadline", deadline_text(info));
  text += line("kexec entry", address_text(info.kexec_entry));
  text += line("wake entry", entry_text(info.wake_entry));
  text +=
      line("boot entries", info.boot_entry == 0 && info.boot_entry_flat == 0
                               ? "none"
                               : entry_text(info.boot_entry) + ", flat " + entry_text(info.boot_entry_flat));
  text += line("parameters", address_text(info.parameters));
  text += line("exchange", exchange_text(info));
  text += line("symbols", std::to_string(image.symbols().size()));
  text += line("SHA-256", hash.hex());
  text += fmt::format("\n{:<17} {:<12} {:>10} {:>12}\n", "segment", "area", "file bytes", "memory bytes");
  for (const Segment& segment : image.segments()) {
    text += fmt::format("{:<17} {:<12} {:>10} {:>12}\n",
                        fmt::format("{:#x}-{:#x}", segment.address, segment.end() - 1),
                        image::area_name(segment.address), segment.content.size(), segment.memory_bytes);
  }
  return text;
}

void inspect(const Options& options) {
  const std::vector<std::byte> bytes = value_or_die(image::read_file(options.file));
  const Image image = value_or_die(Image::parse(bytes, options.file));
  const Sha256 hash = Sha256::of(bytes);
  const std::string text = options.json ? to_json(image, hash).dump(2, ' ', true) + "\n"
                                        : report::for_terminal(to_text(image, hash));
  std::fputs(text.c_str(), stdout);
}

}  // namespace

void add_inspect(CLI::App& app) {
  CLI::App* command = app.add_subcommand("inspect", "Show what a jump image says about itself");
  command->footer("Example: kjump inspect --json hello.kjump");
  // The parser outlives this function; the callback keeps the options alive with it.
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "Jump image")->required()->option_text("FILE");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options] { inspect(*options); });
}

}  // namespace kjump::cli
