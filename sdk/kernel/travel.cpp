// SPDX-License-Identifier: MIT
// Between two kernels that both run: there, back, and giving one up.
#include <fmt/format.h>

#include <utility>

#include "kernel/guard.hpp"
#include "kernel/huge_place.hpp"
#include "kernel/low_area.hpp"
#include "kernel/second_kernel.hpp"
#include "kernel/swapped_image.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

constexpr const char* kOverdueText = "it was overdue, and the processor was taken from it";

bool has_presence(const format::HandOff& page, format::Side side, format::Presence presence) {
  return page.kernels[static_cast<std::uint32_t>(side)].presence == static_cast<std::uint32_t>(presence);
}

bool waits(const format::HandOff& page, format::Side side) {
  return has_presence(page, side, format::Presence::kWaits);
}

bool is_lost(const format::HandOff& page) {
  return has_presence(page, format::Side::kSecond, format::Presence::kLost);
}

format::CrossingRequest request_to_cross(std::uint64_t id, format::Side side) {
  format::CrossingRequest request{};
  request.id = id;
  request.action = static_cast<std::uint32_t>(format::Action::kCross);
  request.side = static_cast<std::uint32_t>(side);
  return request;
}

}  // namespace

Result<void> adopt_page(const System& system, const Registry& registry) {
  KJUMP_TRY(const LowArea area, LowArea::open(system));
  const format::HandOff page = area.page();
  if (!is_hand_off(page) || (!waits(page, format::Side::kSecond) && !is_lost(page))) {
    return {};
  }
  for (const KernelEntry& entry : registry.list()) {
    if (entry.id == page.id) {
      return registry.put_page(entry.name, page);
    }
  }
  return {};
}

Result<CrossingReport> enter_kernel(System& system, const std::string& name, std::uint32_t deadline_seconds) {
  const Registry registry(system);
  KJUMP_TRY(const KernelEntry entry, registry.choose(name));
  KJUMP_CHECK(adopt_page(system, registry));
  const auto page = registry.page_of(entry.name);
  if (page && is_lost(*page)) {
    return fail(ErrorCode::kInvalid, std::string("this kernel cannot be entered again: ") + kOverdueText,
                entry.name, "kjump kernel drop " + entry.name);
  }
  if (!page || !waits(*page, format::Side::kSecond)) {
    return fail(ErrorCode::kInvalid, "this kernel has never come back, so it cannot be entered again",
                entry.name, "kjump kernel drop " + entry.name);
  }
  format::CrossingRequest request = request_to_cross(entry.id, format::Side::kFirst);
  KJUMP_CHECK(ask_for_guard(system, deadline_seconds, entry.command_line, entry.memory, request));
  if (entry.place == format::Place::kSwapped) {
    KJUMP_CHECK(check_swapped_image(system, entry, &*page));
  }
  KJUMP_TRY(Crossing crossing,
            entry.place == format::Place::kSwapped ? Crossing::adopt(system, *page) : Crossing::open(system));
  KJUMP_TRY(LowArea area, LowArea::open(system));
  area.set_page(*page);
  auto gone = crossing.go(request);
  if (gone || gone.error().code == ErrorCode::kTimeout) {
    KJUMP_CHECK(adopt_page(system, registry));
  }
  return gone;
}

Result<CrossingReport> go_back(System& system) {
  KJUMP_TRY(const format::HandOff page, page_in_second(system));
  KJUMP_TRY(Crossing crossing, Crossing::open(system));
  return crossing.go(request_to_cross(page.id, format::Side::kSecond));
}

Result<KernelEntry> drop_kernel(System& system, const std::string& name) {
  const Registry registry(system);
  KJUMP_TRY(KernelEntry entry, registry.choose(name));
  if (entry.place == format::Place::kHugePages) {
    HugePlace::release(system, entry.name, entry.pool_pages);
  } else if (entry.place == format::Place::kSwapped) {
    KJUMP_CHECK(adopt_page(system, registry));
    const auto page = registry.page_of(entry.name);
    KJUMP_CHECK(unload_swapped_image(system, entry, page ? &*page : nullptr));
  }
  registry.remove(entry.name);
  KJUMP_TRY(LowArea area, LowArea::open(system));
  if (area.page().id == entry.id) {
    area.set_page({});
  }
  return entry;
}

Result<KernelStatus> kernel_status(System& system) {
  KernelStatus status;
  if (const auto page = page_in_second(system)) {
    status.is_second = true;
    status.page = *page;
  }
  const Registry registry(system);
  if (!status.is_second && !registry.list().empty()) {
    KJUMP_CHECK(adopt_page(system, registry));
  }
  for (KernelEntry& entry : registry.list()) {
    auto page = registry.page_of(entry.name);
    KernelStatus::Known known{std::move(entry), page, page && is_lost(*page) ? kOverdueText : ""};
    if (known.lost.empty() && known.entry.place == format::Place::kSwapped) {
      if (const auto there = check_swapped_image(system, known.entry, page ? &*page : nullptr); !there) {
        known.lost = there.error().what;
      }
    }
    status.kernels.push_back(std::move(known));
  }
  return status;
}

}  // namespace kjump::two_kernels
