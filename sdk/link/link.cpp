// SPDX-License-Identifier: MIT
#include <kjump/link.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <kjump/abi/layout.hpp>

#include "image/file_io.hpp"
#include "image/segments.hpp"
#include "link/inputs.hpp"
#include "link/linked_file.hpp"
#include "link/lld.hpp"
#include "link/process.hpp"
#include "link/support.hpp"

namespace kjump {
namespace {

using linking::LinkedFile;

// Symbols of the stub.
constexpr std::string_view kKexecEntry = "kjump_kexec_entry";
constexpr std::string_view kWakeEntry = "kjump_wake_entry";
constexpr std::string_view kBootEntry = "kjump_boot_entry";  // of modes physical and long
constexpr std::string_view kBootEntryFlat = "kjump_boot_entry_flat";
constexpr std::string_view kParameters = "kjump_parameters";
constexpr std::string_view kMemoryMap = "kjump_memory_map";  // of mode long

std::string image_name(const LinkOptions& options) {
  return options.name.empty() ? options.inputs.front().stem().string() : options.name;
}

Result<std::uint32_t> demand_symbol(const LinkedFile& linked, std::string_view name,
                                    const std::string& script) {
  if (const auto address = linked.find(name)) {
    return *address;
  }
  return fail(ErrorCode::kMalformed, "the linked payload lacks the stub's symbol " + std::string(name),
              script, "the support directory is damaged; build or install kjump again");
}

Result<ImageInfo> describe(const LinkOptions& options, const LinkedFile& linked, const std::string& script) {
  ImageInfo info;
  info.mode = options.mode;
  info.flags =
      (options.needs_bios ? abi::kImageNeedsBios : 0) | (options.standalone ? abi::kImageStandalone : 0);
  KJUMP_TRY(info.kexec_entry, demand_symbol(linked, kKexecEntry, script));
  KJUMP_TRY(info.parameters, demand_symbol(linked, kParameters, script));
  info.wake_entry = linked.find(kWakeEntry).value_or(0);
  info.boot_entry = linked.find(kBootEntry).value_or(0);
  info.boot_entry_flat = linked.find(kBootEntryFlat).value_or(0);
  info.memory_map = linked.find(kMemoryMap).value_or(0);
  info.exchange_base = options.standalone ? 0 : abi::kExchangeBase;
  info.exchange_bytes = options.standalone ? 0 : abi::kExchangeBytes;
  info.deadline_ms = options.deadline_ms;
  info.name = image_name(options);
  info.version = options.version;
  info.description = options.description;
  return info;
}

/// In the file no exchange is promised: whoever loads the image does that (Image::prepared).
void clear_exchange_flag(const ImageInfo& info, std::vector<Segment>& segments) {
  const auto location = image::locate(segments, info.parameters, abi::kLoaderParametersBytes);
  if (!location) {
    return;  // Image::build says so
  }
  std::byte* place = segments[location->segment].content.data() + location->offset;
  abi::LoaderParameters parameters;
  std::memcpy(&parameters, place, sizeof parameters);
  parameters.flags &= ~abi::kParameterHasExchange;
  std::memcpy(place, &parameters, sizeof parameters);
}

}  // namespace

Result<Image> link(const LinkOptions& options) {
  const image::Mode& mode = image::mode_of(options.mode);
  KJUMP_CHECK(linking::check_inputs(options.inputs, mode));
  KJUMP_TRY(const auto support, linking::find_support(options.support_directory, mode));
  KJUMP_TRY(const auto workshop, linking::TemporaryDirectory::make());
  const auto output = workshop.path() / "payload.elf";
  KJUMP_CHECK(linking::run_lld(options, support, output));
  KJUMP_TRY(const auto bytes, image::read_file(output));
  KJUMP_TRY(LinkedFile linked,
            linking::read_linked(bytes, mode, "output of ld.lld for " + image_name(options)));
  KJUMP_TRY(ImageInfo info, describe(options, linked, support.script.string()));
  clear_exchange_flag(info, linked.segments);
  return Image::build(std::move(info), std::move(linked.segments), std::move(linked.symbols),
                      std::move(linked.line_tables));
}

}  // namespace kjump
