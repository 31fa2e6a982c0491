// SPDX-License-Identifier: MIT
#include <memory>

#include <kjump/abi/hibernate/disk.hpp>
#include <kjump/abi/hibernate/store.hpp>

#include "simulated/faults.hpp"

namespace kjump::simulated {
namespace {

// Small transfers, so that there are many of them to go wrong.
constexpr Shape kRoomy{.store_blocks = format::kDataBlock + 800,
                       .pages_before = 256,
                       .pages_behind = 256,
                       .max_transfer_bytes = 64 << 10};
constexpr Shape kTight{.store_blocks = format::kDataBlock + 420,
                       .pages_before = 256,
                       .pages_behind = 256,
                       .max_transfer_bytes = 64 << 10};
constexpr Shape kLarge{.store_blocks = format::kDataBlock + 2400,
                       .pages_before = 1024,
                       .pages_behind = 512,
                       .max_transfer_bytes = 64 << 10};
constexpr std::uint64_t kSeed = 7;

Scene& shaped(const Shape& shape) {
  static std::unique_ptr<Scene> current;
  if (!current || current->machine.shape().store_blocks != shape.store_blocks) {
    current.reset();
    current = std::make_unique<Scene>(shape);
  }
  return *current;
}

// Of these reasons only what does not depend on the processor, or on where memory lies.
std::string without_numbers(const std::string& reason) {
  for (const char* const beginning : {"the firmware's memory map differs", "the ACPI tables differ",
                                      "the processor lacks features that it had"}) {
    if (reason.starts_with(beginning)) {
      return beginning;
    }
  }
  return reason;
}

}  // namespace

Scene& scene() {
  return shaped(kRoomy);
}
Scene& tight_scene() {
  return shaped(kTight);
}

Scene& large_scene() {
  return shaped(kLarge);
}

Scene::Scene(const Shape& shape) : machine(kSeed, shape) {
  first = saved(machine);
  disk_.assign(machine.disk.bytes().begin(), machine.disk.bytes().end());
  save_request_ = machine.save_request;
  restore_request_ = machine.restore_request;
  begin_save();
  second = machine.memory();
}

void Scene::mend() {
  machine.disk.put(disk_);
  machine.disk.stays_dead = false;
  machine.disk.cut_after_commands = 0;
  machine.disk.failure = disk::Code::kDevice;
  machine.disk_driver = format::DiskDriver::kVirtio;
  machine.disk_device = 4;
  machine.blank_disk_at_old_place = false;
  machine.escape_after = 0;
  machine.save_request = save_request_;
  machine.restore_request = restore_request_;
}

void Scene::switch_off() {
  mend();
  machine.forget();
}

void Scene::begin_save() {
  mend();
  machine.forget();
  machine.chance.seed(kSeed + 1);
  machine.work();
  machine.disk.writes = machine.disk.commands = 0;
}

std::string Scene::next_boot() {
  machine.forget();
  const Machine::Memory cold = machine.memory();
  const auto how = restore(machine);
  if (how.end != End::kReturned) {
    return how.end == End::kReset ? "RESET" : "POWER CUT";
  }
  if (machine.became()) {
    return machine.holds(second) ? kNewer : machine.holds(first) ? kOlder : "MEMORY OF NEITHER IMAGE";
  }
  return machine.holds(cold) ? std::string("refused: ") + how.reply.error : "REFUSED, BUT MEMORY CHANGED";
}

std::string Scene::refusal() {
  const Machine::Memory before = machine.memory();
  const auto how = restore(machine);
  if (how.end != End::kReturned || machine.became()) {
    return machine.became() ? (machine.holds(first) ? kRestored : "RESTORED, BUT NOT WHOLE")
                            : "the machine starts again";
  }
  if (!machine.holds(before)) {
    return "REFUSED, BUT MEMORY CHANGED";
  }
  if (how.reply.error[0] == '\0' || machine.console.find(how.reply.error) == std::string::npos) {
    return "REFUSED WITHOUT A REASON";
  }
  return "refused: " + without_numbers(how.reply.error);
}

std::string Scene::told() {
  const auto how = save(machine);
  if (how.end != End::kReturned) {
    return how.end == End::kPoweredOff ? "saved" : "RESET";
  }
  if (!machine.holds(second)) {
    return "TOLD, BUT MEMORY CHANGED";
  }
  if (how.reply.error[0] == '\0' || machine.console.find(how.reply.error) == std::string::npos) {
    return "TOLD WITHOUT A REASON";
  }
  return how.reply.error;
}

std::string refused_and_mended(Scene& at) {
  const std::string seen = at.refusal();
  at.switch_off();
  return at.next_boot() == kOlder ? seen : seen + ", AND NOT RESTORED WHEN MENDED";
}

}  // namespace kjump::simulated
