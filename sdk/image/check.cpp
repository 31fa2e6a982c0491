// SPDX-License-Identifier: MIT
#include "image/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include <kjump/abi/layout.hpp>

#include "image/modes.hpp"
#include "image/note.hpp"
#include "image/segments.hpp"

namespace kjump::image {
namespace {

constexpr std::uint32_t kKnownFlags = abi::kImageNeedsBios | abi::kImageStandalone;

Result<void> check_text(const std::string& text, std::size_t field_bytes, std::string_view name,
                        const std::string& subject) {
  if (text.size() >= field_bytes) {
    return fail(ErrorCode::kLimit,
                fmt::format("the image's {} has {} characters, {} fit", name, text.size(), field_bytes - 1),
                subject, "shorten it");
  }
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) {
    return fail(ErrorCode::kMalformed, fmt::format("the image's {} is not printable ASCII", name), subject);
  }
  return {};
}

Result<void> check_texts(const ImageInfo& info, const Places& places) {
  using Note = abi::ImageNote;
  KJUMP_CHECK(check_text(info.name, sizeof Note::name, "name", places.note_field(offsetof(Note, name))));
  KJUMP_CHECK(
      check_text(info.version, sizeof Note::version, "version", places.note_field(offsetof(Note, version))));
  return check_text(info.description, sizeof Note::description, "description",
                    places.note_field(offsetof(Note, description)));
}

Result<void> check_mode_and_flags(const ImageInfo& info, const Places& places) {
  if (find_mode(info.mode) == nullptr) {
    return fail(ErrorCode::kMalformed, fmt::format("unknown payload mode {}", static_cast<int>(info.mode)),
                places.note_field(offsetof(abi::ImageNote, mode)));
  }
  // A flag is a demand of the image; jumping into one whose demands are unknown is no good.
  if ((info.flags & ~kKnownFlags) != 0) {
    return fail(ErrorCode::kUnsupported, fmt::format("unknown image flags {:#x}", info.flags & ~kKnownFlags),
                places.note_field(offsetof(abi::ImageNote, flags)), "update kjump");
  }
  return {};
}

Result<void> check_exchange(const ImageInfo& info, const Places& places) {
  const bool absent = info.exchange_base == 0 && info.exchange_bytes == 0;
  const bool usual = info.exchange_base == abi::kExchangeBase && info.exchange_bytes == abi::kExchangeBytes;
  if (info.standalone() ? absent : usual) {
    return {};
  }
  return fail(
      ErrorCode::kMalformed,
      fmt::format("the exchange is {:#x} bytes at {:#x}; {}", info.exchange_bytes, info.exchange_base,
                  info.standalone() ? "a standalone image has none"
                                    : fmt::format("this kjump has it at {}",
                                                  range_text(abi::kExchangeBase, abi::kExchangeBytes))),
      places.note_field(offsetof(abi::ImageNote, exchange_base)), "link the image again");
}

Result<Location> check_inside(const std::vector<Segment>& segments, std::uint32_t address,
                              std::uint32_t bytes, std::string_view what, const std::string& subject) {
  if (const auto location = locate(segments, address, bytes)) {
    return *location;
  }
  return fail(ErrorCode::kMalformed,
              fmt::format("{} {:#x} is not in the content of a segment", what, address), subject);
}

Result<void> check_memory_map(const ImageInfo& info, const std::vector<Segment>& segments,
                              const Places& places) {
  if (info.memory_map == 0) {
    return {};
  }
  KJUMP_TRY(const Location location,
            check_inside(segments, info.memory_map, abi::kMemoryMapBytes, "memory map",
                         places.note_field(offsetof(abi::ImageNote, memory_map))));
  abi::MemoryMap map;
  std::memcpy(&map, segments[location.segment].content.data() + location.offset, sizeof map);
  if (map.magic != abi::kMemoryMapMagic) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the memory map starts with {:#x}, not {:#x}", map.magic, abi::kMemoryMapMagic),
                places.content(location.segment, location.offset), "link the image again");
  }
  return {};
}

Result<void> check_real_entry(const std::vector<Segment>& segments, std::uint32_t entry,
                              std::string_view what, const std::string& subject) {
  if (entry == 0) {
    return {};
  }
  if (entry < abi::kRealBase || entry >= abi::kRealBase + abi::kRealBytes) {
    return fail(ErrorCode::kMalformed, fmt::format("{} {:#x} is not in the real segment", what, entry),
                subject, "link the image again");
  }
  KJUMP_CHECK(check_inside(segments, entry, 1, what, subject));
  return {};
}

Result<void> check_entries(const ImageInfo& info, const std::vector<Segment>& segments,
                           const Places& places) {
  using Note = abi::ImageNote;
  KJUMP_CHECK(check_inside(segments, info.kexec_entry, 1, "kexec entry",
                           places.note_field(offsetof(Note, kexec_entry))));
  KJUMP_CHECK(check_real_entry(segments, info.wake_entry, "wake entry",
                               places.note_field(offsetof(Note, wake_entry))));
  KJUMP_CHECK(check_real_entry(segments, info.boot_entry, "boot entry",
                               places.note_field(offsetof(Note, boot_entry))));
  if (info.boot_entry_flat != 0) {
    KJUMP_CHECK(check_inside(segments, info.boot_entry_flat, 1, "flat boot entry",
                             places.note_field(offsetof(Note, boot_entry_flat))));
  }
  KJUMP_TRY(const Location location,
            check_inside(segments, info.parameters, abi::kLoaderParametersBytes, "loader parameters",
                         places.note_field(offsetof(Note, parameters))));
  abi::LoaderParameters parameters;
  std::memcpy(&parameters, segments[location.segment].content.data() + location.offset, sizeof parameters);
  const std::string subject = places.content(location.segment, location.offset);
  if (parameters.magic != abi::kParametersMagic) {
    return fail(
        ErrorCode::kMalformed,
        fmt::format("loader parameters start with {:#x}, not {:#x}", parameters.magic, abi::kParametersMagic),
        subject, "link the image again");
  }
  if (parameters.parameters_bytes != abi::kLoaderParametersBytes) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the image has room for {} bytes of loader parameters, this kjump has {}",
                            parameters.parameters_bytes, abi::kLoaderParametersBytes),
                subject, "link the image again, with this kjump");
  }
  if (info.standalone() && (parameters.flags & abi::kParameterHasExchange) != 0) {
    return fail(ErrorCode::kMalformed, "a standalone image says that it has an exchange", subject);
  }
  return check_memory_map(info, segments, places);
}

Result<void> check_symbols(const std::vector<Symbol>& symbols, const Places& places) {
  std::size_t name_bytes = 0;
  for (const Symbol& symbol : symbols) {
    KJUMP_CHECK(
        check_symbol_name(symbol.name, fmt::format("{}, symbol at {:#x}", places.origin, symbol.address)));
    name_bytes += symbol.name.size();
  }
  if (name_bytes > kMaxSymbolNameBytes) {
    return fail(ErrorCode::kLimit, fmt::format("symbol names take {} bytes", name_bytes), places.origin,
                "strip the image");
  }
  return {};
}

}  // namespace

Result<void> check_symbol_name(std::string_view name, const std::string& subject) {
  const bool clean = std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= ' ' && byte != 0x7F;
  });
  if (name.empty() || !clean) {
    return fail(ErrorCode::kMalformed, "a symbol's name is empty or has control characters", subject,
                "strip the image");
  }
  return {};
}

Result<void> check(const ImageInfo& info, const std::vector<Segment>& segments,
                   const std::vector<Symbol>& symbols, const Places& places) {
  KJUMP_CHECK(
      check_format_version(info.format_version, places.note_field(offsetof(abi::ImageNote, format_version))));
  KJUMP_CHECK(check_mode_and_flags(info, places));
  KJUMP_CHECK(check_texts(info, places));
  KJUMP_CHECK(check_exchange(info, places));
  KJUMP_CHECK(check_segments(info, segments, places));
  KJUMP_CHECK(check_entries(info, segments, places));
  return check_symbols(symbols, places);
}

}  // namespace kjump::image
