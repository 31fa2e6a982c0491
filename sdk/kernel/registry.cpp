// SPDX-License-Identifier: MIT
#include "kernel/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <nlohmann/json.hpp>

#include "kernel/paths.hpp"

namespace kjump::two_kernels {
namespace {

using RegistryJson = nlohmann::ordered_json;
using abi::two_kernels::HandOff;
using abi::two_kernels::Place;

constexpr const char* kEnding = ".json";

std::string entry_path(const std::string& name) {
  return fmt::format("{}/{}{}", kRegistryDirectory, name, kEnding);
}

std::string page_path(const std::string& name) {
  return fmt::format("{}/{}.page", kRegistryDirectory, name);
}

std::optional<KernelEntry> parse_entry(const std::string& text) {
  const RegistryJson json = RegistryJson::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return std::nullopt;
  }
  try {
    KernelEntry entry;
    entry.name = json.at("name").get<std::string>();
    entry.id = json.at("id").get<std::uint64_t>();
    entry.place = static_cast<Place>(json.at("place").get<std::uint32_t>());
    entry.memory = {json.at("memory_base").get<std::uint64_t>(),
                    json.at("memory_bytes").get<std::uint64_t>()};
    entry.pool_pages = json.at("pool_pages").get<std::uint64_t>();
    entry.release = json.at("release").get<std::string>();
    entry.file = json.at("file").get<std::string>();
    entry.command_line = json.at("command_line").get<std::string>();
    entry.started_at = json.at("started_at").get<std::uint64_t>();
    return entry;
  } catch (const RegistryJson::exception&) {
    return std::nullopt;
  }
}

}  // namespace

const char* place_name(Place place) {
  switch (place) {
    case Place::kHugePages:
      return "hugepages";
    case Place::kReserved:
      return "reserved";
    case Place::kSwapped:
      return "swapped";
  }
  return "unknown";
}

Result<void> check_kernel_name(const std::string& name) {
  constexpr std::size_t kLongest = sizeof(HandOff::name) - 1;
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (name.empty() || name.size() > kLongest || name.front() == '.' || !letters) {
    return fail(ErrorCode::kInvalid, "not a name for a kernel", name,
                fmt::format("1 to {} letters, digits, '-', '_' or '.'", kLongest));
  }
  return {};
}

std::vector<KernelEntry> Registry::list() const {
  std::vector<KernelEntry> entries;
  for (const std::string& file : system_.list_directory(kRegistryDirectory)) {
    if (!file.ends_with(kEnding)) {
      continue;
    }
    if (auto entry = find(file.substr(0, file.size() - std::strlen(kEnding)))) {
      entries.push_back(*std::move(entry));
    }
  }
  return entries;
}

std::optional<KernelEntry> Registry::find(const std::string& name) const {
  if (!check_kernel_name(name)) {
    return std::nullopt;
  }
  const auto text = system_.read_file(entry_path(name));
  return text ? parse_entry(*text) : std::nullopt;
}

Result<KernelEntry> Registry::choose(const std::string& name) const {
  if (!name.empty()) {
    if (auto entry = find(name)) {
      return *std::move(entry);
    }
    return fail(ErrorCode::kInvalid, "there is no second kernel of that name", name,
                "kjump kernel status lists them; kjump kernel run starts one");
  }
  std::vector<KernelEntry> entries = list();
  if (entries.size() == 1) {
    return std::move(entries.front());
  }
  return fail(ErrorCode::kInvalid,
              entries.empty() ? "there is no second kernel" : "there is more than one second kernel",
              kRegistryDirectory,
              entries.empty() ? "kjump kernel run starts one" : "say which; kjump kernel status lists them");
}

Result<void> Registry::put(const KernelEntry& entry) const {
  KJUMP_CHECK(make_directories());
  const RegistryJson json = {{"name", entry.name},
                             {"id", entry.id},
                             {"place", static_cast<std::uint32_t>(entry.place)},
                             {"memory_base", entry.memory.base},
                             {"memory_bytes", entry.memory.bytes},
                             {"pool_pages", entry.pool_pages},
                             {"release", entry.release},
                             {"file", entry.file},
                             {"command_line", entry.command_line},
                             {"started_at", entry.started_at}};
  return system_.replace_file(entry_path(entry.name),
                              json.dump(2, ' ', false, RegistryJson::error_handler_t::replace) + "\n");
}

void Registry::remove(const std::string& name) const {
  system_.remove_file(page_path(name));
  system_.remove_file(entry_path(name));
}

std::optional<HandOff> Registry::page_of(const std::string& name) const {
  const auto bytes = system_.read_file(page_path(name));
  HandOff page{};
  if (!bytes || bytes->size() != sizeof page) {
    return std::nullopt;
  }
  std::memcpy(&page, bytes->data(), sizeof page);
  return page;
}

Result<void> Registry::put_page(const std::string& name, const HandOff& page) const {
  std::string bytes(sizeof page, '\0');
  std::memcpy(bytes.data(), &page, sizeof page);
  return system_.replace_file(page_path(name), bytes);
}

}  // namespace kjump::two_kernels
