// SPDX-License-Identifier: MIT
// kjump hibernate prepare|status|discard: the partition or file that images go to.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "cli/commands.hpp"
#include "cli/plain_text.hpp"
#include "cli/progress_line.hpp"
#include "hibernate/open_image.hpp"
#include "hibernate/prepare.hpp"
#include "hibernate/store.hpp"
#include "report/json_fields.hpp"
#include "report/terminal.hpp"

namespace kjump::cli {
namespace {

using Json = nlohmann::ordered_json;
using namespace abi::hibernate;
using hibernate::Slot;

constexpr std::uint64_t bytes_of(std::uint64_t blocks) {
  return blocks * kBlockBytes;
}

void print(const std::string& text) {
  std::fputs(report::for_terminal(text).c_str(), stdout);
}

// prepare

struct PrepareArguments {
  std::string path;
  std::string size = "AUTO";
  bool force = false;
  bool json = false;
};

Result<hibernate::PrepareOptions> options_of(const PrepareArguments& arguments) {
  hibernate::PrepareOptions options{.bytes = std::nullopt, .force = arguments.force};
  if (CLI::detail::to_lower(arguments.size) != "auto") {
    std::string text = arguments.size;
    std::uint64_t bytes = 0;
    if (const std::string error = CLI::AsSizeValue(false)(text);
        !error.empty() || !CLI::detail::lexical_cast(text, bytes)) {
      return fail(ErrorCode::kInvalid, "not a size", arguments.size, "for example 8GiB, or AUTO");
    }
    options.bytes = bytes;
  }
  return options;
}

Json to_json(const hibernate::Prepared& prepared, std::uint64_t memory) {
  Json extents = Json::array();
  for (const Extent& extent : prepared.place.extents) {
    extents.push_back(
        {{"first_block", extent.first_block}, {"blocks", extent.blocks}, {"sector", extent.sector}});
  }
  return {{"store", hibernate::uuid_text(prepared.header.uuid)},
          {"disk", prepared.place.disk},
          {"header_sector", prepared.header.header_sector},
          {"bytes", bytes_of(prepared.header.blocks)},
          {"room_bytes", bytes_of(prepared.header.blocks - kDataBlock)},
          {"memory_bytes", memory},
          {"created", prepared.created},
          {"lost", prepared.found.empty() ? Json(nullptr) : Json(prepared.found)},
          {"extents", extents}};
}

std::string to_text(const hibernate::Prepared& prepared, const PrepareArguments& arguments,
                    std::uint64_t memory) {
  const std::uint64_t room = bytes_of(prepared.header.blocks - kDataBlock);
  std::string text = fmt::format(
      "store    {}\n"
      "lies     on {} from sector {}, {} in {}\n"
      "room     {} for images; this machine has {} of memory\n",
      hibernate::uuid_text(prepared.header.uuid), prepared.place.disk, prepared.header.header_sector,
      size_text(bytes_of(prepared.header.blocks)),
      prepared.place.extents.size() == 1 ? "one piece"
                                         : fmt::format("{} pieces", prepared.place.extents.size()),
      size_text(room), size_text(memory));
  text += room >= memory
              ? "         what is free or zero takes no room, so an image always fits\n"
              : "         an image fits when free and zero pages and compression make it that small;\n"
                "         `kjump hibernate check` tells before each time\n";
  if (!prepared.found.empty()) {
    text += fmt::format("lost     {}\n", prepared.found);
  }
  if (prepared.place.file) {
    text += fmt::format(
        "pinned   the file is immutable, so that nobody moves it; to remove it: chattr -i '{0}' && rm "
        "'{0}'\n",
        arguments.path);
  }
  return text;
}

void prepare(const PrepareArguments& arguments) {
  const System system;
  const hibernate::PrepareOptions options = value_or_die(options_of(arguments), arguments.json);
  const auto prepared = [&] {
    ProgressLine progress;
    progress.callback()("preparing " + arguments.path);
    return hibernate::prepare(system, arguments.path, options);
  }();
  const hibernate::Prepared done = value_or_die(prepared, arguments.json);
  const std::uint64_t memory = system.total_memory_bytes();
  print(arguments.json ? to_json(done, memory).dump(2) + "\n" : to_text(done, arguments, memory));
}

// status

std::string state_name(const Slot& slot) {
  return slot.state_damaged ? "unknown" : hibernate::state_name(slot.state.state);
}

Json to_json(const Slot& slot, const std::string& kernel) {
  const std::uint32_t refusal = slot.state.refusal;
  return {{"generation", slot.commit.generation},
          {"state", state_name(slot)},
          {"saved_at", slot.commit.saved_at},
          {"kernel", kernel.empty() ? Json(nullptr) : Json(report::text_to_utf8(kernel))},
          {"first_block", slot.commit.first_block},
          {"bytes", bytes_of(slot.commit.blocks)},
          {"attempts", slot.state.attempts},
          {"refusal", refusal == 0 ? Json(nullptr) : Json(hibernate::refusal_text(refusal))}};
}

/// What the state means for who reads it.
const char* state_hint(const Slot& slot) {
  if (slot.state_damaged) {
    return "its record is damaged; restored only when asked for by its generation";
  }
  switch (static_cast<ImageState>(slot.state.state)) {
    case ImageState::kCommitted:
      return "waits to be restored";
    case ImageState::kStarted:
      return "a restore began and did not end; it may be tried again";
    case ImageState::kDone:
      return "was gone on from: never again";
    case ImageState::kDiscarded:
      return "will not be restored";
    case ImageState::kContinued:
      return "a snapshot: restored only when asked for by its generation";
  }
  return "";
}

std::string to_text(unsigned number, const Slot& slot, const std::string& kernel) {
  std::string text = fmt::format(
      "slot {}   generation {}, saved {}, {}\n"
      "         {}: {}\n",
      number, slot.commit.generation, utc_text(slot.commit.saved_at), size_text(bytes_of(slot.commit.blocks)),
      state_name(slot), state_hint(slot));
  text += kernel.empty() ? "         its header is damaged\n" : fmt::format("         Linux {}\n", kernel);
  if (slot.state.attempts != 0) {
    text += fmt::format("         {} of {} attempts to restore it\n", slot.state.attempts, kMostAttempts);
  }
  if (slot.state.refusal != 0) {
    text += fmt::format("         last refused: {}\n", hibernate::refusal_text(slot.state.refusal));
  }
  return text;
}

void status(const std::string& path, bool json) {
  const auto store = value_or_die(hibernate::open_for_reading(path), json);
  const hibernate::Slots slots = value_or_die(store.slots(), json);
  const std::uint64_t room = value_or_die(store.room_blocks(), json);
  Json images = Json::array();
  std::string text = fmt::format(
      "store    {}, {} in {} on {}\n", hibernate::uuid_text(store.header().uuid),
      size_text(bytes_of(store.header().blocks)),
      store.extents().size() == 1 ? "one piece" : fmt::format("{} pieces", store.extents().size()),
      store.disk().empty() ? "a copy" : store.disk());
  for (unsigned i = 0; i < slots.size(); ++i) {
    const std::string kernel = slots[i] ? hibernate::kernel_of(store, *slots[i]) : "";
    images.push_back(slots[i] ? to_json(*slots[i], kernel) : Json(nullptr));
    text += slots[i] ? to_text(i, *slots[i], kernel) : fmt::format("slot {}   empty\n", i);
  }
  text += fmt::format("room     {} for the next image\n", size_text(bytes_of(room)));
  const Json document = {{"store", hibernate::uuid_text(store.header().uuid)},
                         {"disk", store.disk()},
                         {"header_sector", store.header().header_sector},
                         {"bytes", bytes_of(store.header().blocks)},
                         {"room_bytes", bytes_of(room)},
                         {"slots", images}};
  print(json ? document.dump(2) + "\n" : text);
}

// discard

void discard(const std::string& path, std::optional<unsigned> slot, bool json) {
  auto store = value_or_die(hibernate::Store::open(path), json);
  const hibernate::Slots slots = value_or_die(store.slots(), json);
  Json discarded = Json::array();
  for (unsigned i = 0; i < slots.size(); ++i) {
    const bool wanted = slot ? *slot == i : slots[i] && hibernate::must_be_kept(*slots[i]);
    if (wanted) {
      check_or_die(store.set_state(i, ImageState::kDiscarded), json);
      discarded.push_back(slots[i]->commit.generation);
    }
  }
  if (json) {
    print(Json{{"discarded", discarded}}.dump(2) + "\n");
    return;
  }
  for (const Json& generation : discarded) {
    print(fmt::format("generation {} will not be restored\n", generation.get<std::uint64_t>()));
  }
  if (discarded.empty()) {
    print("there was no image to discard\n");
  }
}

constexpr const char* kPathHelp = "the store: a block device or a file";

}  // namespace

void add_hibernate_prepare(CLI::App& group) {
  CLI::App* command = group.add_subcommand("prepare", "Make a partition or a file the store for images.");
  const auto arguments = std::make_shared<PrepareArguments>();
  command->add_option("path", arguments->path, "a block device, or a file, which is created")->required();
  command
      ->add_option("--size", arguments->size,
                   "of the file to be created, e.g. 8GiB; AUTO: enough for all of this machine's memory")
      ->capture_default_str();
  command->add_flag("--force", arguments->force, "destroy what lies there, an image that waits included");
  command->add_flag("--json", arguments->json, R"(print {"store": UUID, "disk", "extents": [...], ...})");
  command->footer(
      "A file must be on ext4 or XFS on a plain partition or a linear LVM volume. It becomes immutable.");
  command->callback([arguments] { prepare(*arguments); });
}

void add_hibernate_status(CLI::App& group) {
  CLI::App* command = group.add_subcommand("status", "What images a store holds, and what became of them.");
  const auto path = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("path", *path, kPathHelp)->required();
  command->add_flag("--json", *json,
                    R"(print {"store": UUID, "slots": [{"generation", "state", ...} or null], ...})");
  command->callback([path, json] { status(*path, *json); });
}

void add_hibernate_discard(CLI::App& group) {
  CLI::App* command = group.add_subcommand("discard", "Give up images: they will not be restored.");
  const auto path = std::make_shared<std::string>();
  const auto slot = std::make_shared<std::optional<unsigned>>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("path", *path, kPathHelp)->required();
  command->add_option("--slot", *slot, "only this one (default: all)")->check(CLI::Range(0U, kSlots - 1));
  command->add_flag("--json", *json, R"(print {"discarded": [GENERATION]})");
  command->callback([path, slot, json] { discard(*path, *slot, *json); });
}

}  // namespace kjump::cli
