// SPDX-License-Identifier: MIT
// Typed answers as JSON. A key whose value the firmware did not give is null, never left out.
#include "bios/json.hpp"

#include <fmt/format.h>

namespace kjump::bios {

namespace {

template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json optional_text(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json disk_json(const BiosDisk& disk) {
  Json json{{"drive", disk.drive}};
  json["geometry"] = disk.geometry ? Json{{"cylinders", disk.geometry->cylinders},
                                          {"heads", disk.geometry->heads},
                                          {"sectors", disk.geometry->sectors}}
                                   : Json(nullptr);
  json["edd_version"] = optional_json(disk.edd_version);
  json["edd_features"] = disk.edd_features;
  json["sectors"] = optional_json(disk.sectors);
  json["sector_bytes"] = disk.sectors ? Json(disk.sector_bytes) : Json(nullptr);
  json["bus"] = optional_text(disk.bus);
  json["interface"] = optional_text(disk.interface);
  json["remarks"] = disk.remarks;
  return json;
}

}  // namespace

Json to_json(const MemoryMap& map) {
  Json ranges = Json::array();
  for (const MemoryRange& range : map.ranges) {
    ranges.push_back({{"base", range.base},
                      {"bytes", range.bytes},
                      {"type", range.type},
                      {"type_name", memory_type_name(range.type)},
                      {"attributes", range.attributes}});
  }
  return {{"ranges", std::move(ranges)},
          {"base_memory_kib", map.base_memory_kib},
          {"ended_by_carry", map.ended_by_carry}};
}

Json to_json(const Equipment& equipment) {
  Json json{{"word", equipment.word},
            {"base_memory_kib", equipment.base_memory_kib},
            {"floppy_drives", equipment.floppy_drives},
            {"serial_ports", equipment.serial_ports},
            {"parallel_ports", equipment.parallel_ports},
            {"initial_video", equipment.initial_video},
            {"coprocessor", equipment.coprocessor},
            {"pointing_device", equipment.pointing_device}};
  json["configuration_address"] = optional_json(equipment.configuration_address);
  json["configuration"] = nullptr;
  if (const auto& table = equipment.configuration; table) {
    json["configuration"] = {{"model", table->model},
                             {"submodel", table->submodel},
                             {"revision", table->revision},
                             {"features", table->features}};
  }
  return json;
}

Json to_json(const Clock& clock) {
  return {{"time", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", clock.year, clock.month, clock.day,
                               clock.hour, clock.minute, clock.second)},
          {"daylight_saving", clock.daylight_saving},
          {"ticks", clock.ticks},
          {"midnight_passed", clock.midnight_passed}};
}

Json to_json(const VideoModes& video) {
  Json modes = Json::array();
  for (const VideoMode& mode : video.modes) {
    modes.push_back({{"number", mode.number},
                     {"width", mode.width},
                     {"height", mode.height},
                     {"bits_per_pixel", mode.bits_per_pixel},
                     {"bytes_per_line", mode.bytes_per_line},
                     {"memory_model", mode.memory_model},
                     {"framebuffer", mode.framebuffer},
                     {"attributes", mode.attributes},
                     {"supported", mode.supported()},
                     {"graphics", mode.graphics()},
                     {"linear", mode.linear()}});
  }
  return {{"current_mode", video.current_mode},
          {"columns", video.columns},
          {"page", video.page},
          {"current_vbe_mode", optional_json(video.current_vbe_mode)},
          {"vbe_version", video.vbe_version},
          {"memory_kib", video.memory_kib},
          {"capabilities", video.capabilities},
          {"truncated", video.truncated},
          {"modes", std::move(modes)}};
}

Json to_json(const BiosDisks& disks) {
  Json list = Json::array();
  for (const BiosDisk& disk : disks.disks) {
    list.push_back(disk_json(disk));
  }
  return {{"count", disks.count}, {"disks", std::move(list)}};
}

}  // namespace kjump::bios
