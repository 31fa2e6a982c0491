// SPDX-License-Identifier: MIT
#include <kjump/session.hpp>

#include <limits>
#include <optional>
#include <utility>

#include "host/acpi_tables.hpp"
#include "host/bulk.hpp"
#include "host/checks.hpp"
#include "host/crash_page.hpp"
#include "host/doors.hpp"
#include "host/exchange.hpp"
#include "host/memory_map.hpp"
#include "host/open_session.hpp"
#include "host/physical_memory.hpp"
#include "host/session_lock.hpp"
#include "host/tsc_clock.hpp"
#include "host/wake/wake_state.hpp"

namespace kjump {

// Members go in the reverse of this order: the image is unloaded before the exchange's memory is put
// back, then the lock falls, and a signal that was held back arrives last.
struct Session::State {
  State(System& machine, std::unique_ptr<Door> way)
      : system(machine), door{std::move(way), "as the caller asked"} {}

  System& system;
  std::optional<SignalsHeld> held{std::in_place};
  std::optional<SessionLock> lock;
  std::optional<ExchangeMemory> exchange;  ///< none for standalone images
  std::optional<CrashPage> crash;          ///< none where there is no room for it
  std::optional<BulkMemory> bulk;
  ChosenDoor door;
  ImageInfo info;
  TscRate rate;
  ExchangeTicket ticket;
  std::optional<std::uint64_t> load_microseconds;  ///< until the first jump has reported it
  bool open = false;
  std::vector<std::string> notes;
};

namespace {

// A killed kjump may have left its jump in the wake-up code; the wake door's own checks would stumble over
// it.
Result<void> repair(Session::State& state) {
  KJUMP_TRY(const std::vector<std::string> repaired, repair_wake(state.system));
  for (const std::string& what : repaired) {
    state.notes.push_back("cleaned up after a kjump that was killed: " + what);
  }
  return {};
}

// Takes the door that the session was given, or the one that opens and does for the image.
Result<void> open_door(Session::State& state, const DoorOptions& options) {
  if (state.door.way) {
    return state.door.way->can_open();
  }
  KJUMP_TRY(state.door, choose_door(state.system, options, state.info));
  return {};
}

// The checks of doctor, for this image and this door. A busy lock comes before all: the image that is
// loaded is then the other session's. Other trouble with the lock has its cause in a failed check.
Result<void> check_and_lock(Session::State& state, const DoorOptions& options) {
  auto lock = SessionLock::take(state.system);
  if (!lock && lock.error().code == ErrorCode::kBusy) {
    return Failure(std::move(lock).error());
  }
  const Needs needs{.bios = state.info.needs_bios(), .exchange = !state.info.standalone()};
  KJUMP_CHECK(first_failure(examine_machine(state.system, needs)));
  if (lock) {
    KJUMP_CHECK(repair(state));
  }
  if (auto opened = open_door(state, options); !opened) {
    Error error = std::move(opened).error();
    if (lock && error.code == ErrorCode::kBusy && !lock->died_before().empty()) {
      error.hint += "; it may be that of kjump process " + lock->died_before() + ", which was killed";
    }
    return Failure(std::move(error));
  }
  if (!lock) {
    return Failure(std::move(lock).error());
  }
  state.lock.emplace(*std::move(lock));
  return {};
}

// Takes over the exchange's memory and chooses the nonce that the image will be told, if it has none yet.
Result<void> take_exchange(Session::State& state, abi::LoaderParameters& parameters) {
  KJUMP_TRY(ExchangeMemory exchange, ExchangeMemory::open(state.system));
  state.exchange.emplace(std::move(exchange));
  while (state.ticket.nonce == 0) {  // zero is what memory without any exchange may hold
    KJUMP_TRY(state.ticket.nonce, state.system.random());
  }
  parameters.nonce = state.ticket.nonce;
  if (auto crash = CrashPage::open(state.system, state.info.name, state.ticket.nonce)) {
    state.crash.emplace(*std::move(crash));
    parameters.flags |= abi::kParameterHasCrashRecord;
  }
  return {};
}

Result<void> load(Session::State& state, const Image& image, const TscCalibration& calibration) {
  abi::LoaderParameters parameters;
  parameters.hpet_base = find_hpet(state.system);
  parameters.io_apic_base = find_io_apic(state.system);
  parameters.timer_pin = find_timer_pin(state.system);
  parameters.flags |= has_clock_interrupt(state.system) ? abi::kParameterClockInterrupt : 0;
  if (!state.info.standalone()) {
    KJUMP_CHECK(take_exchange(state, parameters));
  }
  KJUMP_CHECK(state.door.way->describe(parameters));
  state.rate = calibration.finish();
  parameters.tsc_khz = state.rate.khz();
  std::vector<abi::RamRange> ram;
  if (state.info.memory_map != 0) {
    KJUMP_TRY(const MemoryMap map, MemoryMap::read(state.system));
    ram = map.ram();
  }
  KJUMP_TRY(const std::vector<Segment> segments, image.prepared(parameters, ram));
  const std::uint64_t start = state.system.monotonic_ns();
  KJUMP_CHECK(state.door.way->prepare(state.info, segments));
  state.load_microseconds = (state.system.monotonic_ns() - start) / 1000;
  return {};
}

// Without an exchange there is nothing to read: it came back, and that is all we know.
JumpReport blind_report(Session::State& state) {
  if (state.ticket.sequence == 1) {
    state.notes.emplace_back("a standalone image has no exchange: that it came back is all that is known");
  }
  JumpReport report;
  report.outcome = abi::Outcome::kReturned;
  return report;
}

}  // namespace

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&& other) noexcept = default;

Session& Session::operator=(Session&& other) noexcept = default;

Session::~Session() = default;

namespace {

Result<Session> open_state(std::unique_ptr<Session::State> state, const DoorOptions& options,
                           const Image& image) {
  state->info = image.info();
  const TscCalibration calibration(state->system);  // the checks are time enough
  const FactsKept facts(state->system);
  KJUMP_CHECK(check_and_lock(*state, options));
  KJUMP_CHECK(load(*state, image, calibration));
  state->open = true;
  return Session(std::move(state));
}

}  // namespace

Result<Session> open_session(System& system, std::unique_ptr<Door> door, const Image& image) {
  return open_state(std::make_unique<Session::State>(system, std::move(door)), {}, image);
}

Result<Session> adopt_session(System& system, std::unique_ptr<Door> door, const Image& image,
                              const LeftLoaded& left) {
  auto state = std::make_unique<Session::State>(system, std::move(door));
  state->ticket.nonce = left.nonce;
  state->ticket.sequence = left.sequence;
  return open_state(std::move(state), {}, image);
}

Result<Session> open_session(System& system, const DoorOptions& options, const Image& image) {
  return open_state(std::make_unique<Session::State>(system, nullptr), options, image);
}

Result<void> Session::set_bulk(std::span<const std::byte> request, std::uint64_t reply_room,
                               BulkPages pages) {
  State& state = *state_;
  state.bulk.reset();
  state.ticket.bulk_request = state.ticket.bulk_reply = {};
  if (request.empty() && reply_room == 0) {
    return {};
  }
  if (!state.open || !state.exchange || state.info.mode == abi::PayloadMode::kReal) {
    return fail(ErrorCode::kInvalid, "the payload takes no bulk request and gives no bulk reply",
                state.info.name, "it takes an image of mode physical or long that is not standalone");
  }
  constexpr std::uint64_t k4Gib = std::uint64_t{1} << 32;
  const bool all = state.info.mode == abi::PayloadMode::kLong;
  KJUMP_TRY(BulkMemory bulk,
            BulkMemory::open(state.system, request, reply_room,
                             all ? std::numeric_limits<std::uint64_t>::max() : k4Gib, pages));
  state.bulk.emplace(std::move(bulk));
  state.ticket.bulk_request = state.bulk->fields().request;
  state.ticket.bulk_reply = state.bulk->fields().reply;
  if (pages == BulkPages::kAny) {
    state.notes.push_back("bulk memory is pinned by " + state.bulk->means());
  }
  return {};
}

std::span<const std::byte> Session::bulk_reply(std::uint64_t bytes) const {
  return state_->bulk ? state_->bulk->reply(bytes) : std::span<const std::byte>();
}

Result<JumpReport> Session::jump(std::span<const std::byte> request, const JumpOptions& options) {
  State& state = *state_;
  if (!state.open) {
    return fail(ErrorCode::kInvalid, "the session is closed", state.info.name);
  }
  const std::uint32_t own_deadline =
      state.info.deadline_ms != 0 ? state.info.deadline_ms : kDefaultDeadlineMs;
  state.ticket.deadline_ms = options.deadline_ms != 0 ? options.deadline_ms : own_deadline;
  state.ticket.call_deadline_ms = options.call_deadline_ms;
  state.ticket.contract_classes = options.contract_classes;
  ++state.ticket.sequence;
  if (state.exchange) {
    KJUMP_TRY(const std::vector<std::byte> content, front_of_exchange(state.ticket, request));
    state.exchange->write(content);
  }
  if (state.crash) {
    state.crash->begin(state.ticket.sequence, state.ticket.deadline_ms);
  }
  auto passed = state.door.way->go_through();
  if (state.crash) {
    state.crash->end();
  }
  KJUMP_TRY(Passage passage, std::move(passed));
  state.notes.insert(state.notes.end(), passage.notes.begin(), passage.notes.end());
  JumpReport report;
  if (state.exchange) {
    const std::span<const std::byte> content = state.exchange->bytes();
    report = read_exchange(state.ticket, content);
    report.phases = phases_of(content, passage, state.rate);
  } else {
    report = blind_report(state);
  }
  report.phases.load = std::exchange(state.load_microseconds, std::nullopt);
  return report;
}

Result<void> Session::close() {
  State& state = *state_;
  state.open = false;
  auto unloaded = state.door.way->put_back();
  // While the image is loaded a reboot could still enter it, but only with this nonce: the memory may go.
  state.crash.reset();
  state.exchange.reset();
  state.bulk.reset();
  state.lock.reset();
  state.held.reset();
  return unloaded;
}

bool Session::interrupted() const {
  return state_->held && SignalsHeld::one_waits();
}
std::string Session::door() const {
  return state_->door.way->name();
}
std::string Session::door_reason() const {
  return state_->door.why;
}
std::string Session::kernel() const {
  return state_->system.kernel_names().release;
}
const std::vector<std::string>& Session::notes() const {
  return state_->notes;
}

System& this_machine() {
  static System machine;
  return machine;
}

Result<Session> Session::open(const Image& image, const DoorOptions& door) {
  return open_session(this_machine(), door, image);
}

}  // namespace kjump
