// SPDX-License-Identifier: MIT
// kjump hibernate facts: what kjump knows of this kernel and this machine, for bug reports and for tests.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <kjump/abi/hibernate/disk.hpp>

#include "cli/commands.hpp"
#include "hibernate/acpi_facts.hpp"
#include "hibernate/disk_address.hpp"
#include "hibernate/fingerprints.hpp"
#include "hibernate/kernel_facts.hpp"
#include "hibernate/memory.hpp"
#include "hibernate/memory_survey.hpp"
#include "hibernate/pci_records.hpp"
#include "host/open_session.hpp"
#include "report/json.hpp"

namespace kjump::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string hex_of(std::uint64_t value) {
  return fmt::format("{:#x}", value);
}

// What could not be found out stands there as its error.
template <typename T, typename Write>
Json fact_or_error(const Result<T>& result, Write write) {
  return result ? write(*result) : Json::parse(report::to_json(result.error()));
}

Json kernel_json(const hibernate::KernelKnowledge& known) {
  const auto& facts = known.facts;
  return {{"release", known.release},
          {"page_table", hex_of(facts.page_table)},
          {"levels", facts.five_levels != 0 ? 5 : 4},
          {"vmemmap", hex_of(facts.vmemmap)},
          {"vmemmap_by_symbol", known.vmemmap_by_symbol ? Json(hex_of(*known.vmemmap_by_symbol)) : Json()},
          {"sme_mask", hex_of(facts.sme_mask)},
          {"page_struct_bytes", facts.page_struct_bytes},
          {"flags_offset", facts.flags_offset},
          {"type_offset", facts.type_offset},
          {"order_offset", facts.order_offset},
          {"orders", facts.orders},
          {"buddy_type", hex_of(facts.buddy_type)},
          {"offline_type", hex_of(facts.offline_type)},
          {"type_mask", hex_of(facts.type_mask)},
          {"hwpoison_bit", facts.hwpoison_bit},
          {"free_fill", facts.free_fill},
          {"free_fill_source", known.free_fill.source},
          {"vmcoreinfo", hex_of(known.note)},
          {"vmcoreinfo_bytes", known.note_bytes},
          {"kernel_offset", hex_of(known.kernel_offset)}};
}

Json memory_json(const hibernate::MemoryKnowledge& known) {
  Json ranges = Json::array();
  for (const auto& range : known.ranges) {
    ranges.push_back({{"start", hex_of(range.start)}, {"end", hex_of(range.end)}, {"kind", range.kind}});
  }
  Json map = Json::array();
  for (const auto& range : known.map) {
    map.push_back({{"start", hex_of(range.start)}, {"end", hex_of(range.end)}, {"type", range.type}});
  }
  return {{"pages", known.pages}, {"ranges", ranges}, {"firmware", map}};
}

Json survey_json(const hibernate::MemorySurvey& survey) {
  return {{"pages", survey.pages},
          {"free_pages", survey.free_pages},
          {"skipped_pages", survey.skipped_pages},
          {"free_blocks", survey.free_blocks},
          {"sampled_pages", survey.sampled_pages},
          {"sampled_zero", survey.sampled_zero},
          {"sampled_stored", survey.sampled_stored},
          {"expected_blocks", survey.expected_blocks()},
          {"most_blocks", survey.most_blocks()}};
}

Json acpi_json(const hibernate::AcpiKnowledge& known) {
  const auto& facts = known.facts;
  return {{"smi_command", hex_of(facts.smi_command)},
          {"acpi_enable", hex_of(facts.acpi_enable)},
          {"pm1a_event", hex_of(facts.pm1a_event)},
          {"pm1b_event", hex_of(facts.pm1b_event)},
          {"pm1a_control", hex_of(facts.pm1a_control)},
          {"pm1b_control", hex_of(facts.pm1b_control)},
          {"pm1_event_bytes", facts.pm1_event_bytes},
          {"gpe0", hex_of(facts.gpe0)},
          {"gpe0_bytes", facts.gpe0_bytes},
          {"gpe1", hex_of(facts.gpe1)},
          {"gpe1_bytes", facts.gpe1_bytes},
          {"reset_port", hex_of(facts.reset_port)},
          {"reset_value", hex_of(facts.reset_value)},
          {"s5", facts.has_s5 != 0 ? Json({facts.s5_type_a, facts.s5_type_b}) : Json()},
          {"s5_table", known.s5_table},
          {"power_off_gap", known.power_off_gap}};
}

Json way_json(const System& system, const hibernate::DiskWay& way) {
  Json functions = Json::array();
  const auto records = hibernate::read_pci_records(system, way.pci);
  for (std::size_t i = 0; records && i < records->size(); ++i) {
    const auto& record = (*records)[i];
    Json header = Json::array();
    for (const std::uint32_t word : record.header) {
      header.push_back(hex_of(word));
    }
    functions.push_back({{"function", way.pci[i]}, {"bridge", record.is_bridge != 0}, {"header", header}});
  }
  return {{"address", hibernate::address_text(way.address)},
          {"driver", hibernate::driver_name(static_cast<abi::hibernate::DiskDriver>(way.address.driver))},
          {"unit", way.address.unit},
          {"pci", functions}};
}

Json disks_json(const System& system) {
  Json disks = Json::object();
  for (const std::string& name : system.list_directory("/sys/block")) {
    if (!system.exists("/sys/block/" + name + "/device")) {  // loop devices and the like
      continue;
    }
    disks[name] = fact_or_error(hibernate::find_disk(system, name),
                                [&](const hibernate::DiskWay& way) { return way_json(system, way); });
  }
  return disks;
}

Json watched_json(const hibernate::FingerprintKnowledge& known) {
  Json watched = Json::array();
  for (const auto& print : known.fingerprints) {
    watched.push_back({{"name", print.name},
                       {"disk", hibernate::address_text(
                                    {print.driver, print.bus, print.device, print.function, print.unit, 0})},
                       {"sector", print.sector},
                       {"sectors", print.sectors}});
  }
  Json unwatched = Json::array();
  for (const auto& other : known.unwatched) {
    unwatched.push_back({{"name", other.name}, {"why", other.why}});
  }
  return {{"watched", watched}, {"unwatched", unwatched}};
}

void print_facts() {
  const System& system = this_machine();
  const auto kernel = hibernate::read_kernel_knowledge(system);
  const auto memory = hibernate::read_memory(system);
  Json document = {{"kernel", fact_or_error(kernel, kernel_json)},
                   {"memory", fact_or_error(memory, memory_json)}};
  if (kernel && memory) {
    document["survey"] =
        fact_or_error(hibernate::survey_memory(system, kernel->facts, memory->ranges), survey_json);
  }
  document["acpi"] = acpi_json(hibernate::read_acpi(system));
  document["disks"] = disks_json(system);
  document["fingerprints"] = fact_or_error(hibernate::find_fingerprints(system, {}), watched_json);
  std::fputs((document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n").c_str(), stdout);
}

}  // namespace

void add_hibernate_facts(CLI::App& group) {
  CLI::App* command = group.add_subcommand(
      "facts", "What kjump knows of this kernel and machine, as JSON: for bug reports. Needs root.");
  const auto json = std::make_shared<bool>(true);
  command->add_flag("--json", *json, "the only form there is");
  command->callback([] { print_facts(); });
}

}  // namespace kjump::cli
