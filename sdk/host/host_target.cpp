// SPDX-License-Identifier: MIT
// The host target: a session on this very machine.
#include <fmt/format.h>

#include <utility>

#include "host/check_calls.hpp"
#include "host/open_session.hpp"
#include "image/fault_place.hpp"

namespace kjump {
namespace {

class HostTarget final : public Target {
 public:
  HostTarget(System& system, const DoorOptions& door, Progress progress)
      : system_(system), door_(door), progress_(std::move(progress)) {}

  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Result<RunReport> run(const Image& image, const RunRequest& request) override;

 private:
  void say(const std::string& text) const {
    if (progress_) {
      progress_(text);
    }
  }
  [[nodiscard]] Result<void> jump_all(Session& session, const Image& image, const RunRequest& request,
                                      RunReport& report) const;

  System& system_;
  DoorOptions door_;
  Progress progress_;
};

Result<void> HostTarget::jump_all(Session& session, const Image& image, const RunRequest& request,
                                  RunReport& report) const {
  for (std::uint32_t number = 1; number <= request.jumps; ++number) {
    say(fmt::format("jump {} of {}", number, request.jumps));
    auto jumped = session.jump(request.request,
                               {request.deadline_ms, request.call_deadline_ms, request.contract_classes});
    if (!jumped && report.jumps.empty()) {
      return Failure(std::move(jumped).error());
    }
    if (!jumped) {  // keep what the jumps before it gave
      JumpReport refused;
      refused.outcome = abi::Outcome::kRefused;
      refused.reason = jumped.error().text();
      report.jumps.push_back(std::move(refused));
      break;
    }
    report.jumps.push_back(*std::move(jumped));
    if (report.jumps.back().outcome != abi::Outcome::kReturned) {
      report.jumps.back().place = place_of(image, report.jumps.back().fault);
      report.jumps.back().source = source_of(image, report.jumps.back().fault);
      break;
    }
    if (session.interrupted()) {
      report.notes.push_back(fmt::format("interrupted after jump {} of {}", number, request.jumps));
      break;
    }
  }
  return {};
}

Result<RunReport> HostTarget::run(const Image& image, const RunRequest& request) {
  say("checking the machine and loading the image");
  KJUMP_TRY(Session session, open_session(system_, door_, image));
  RunReport report;
  KJUMP_TRY(report.notes,
            check_calls(system_, request.calls,
                        {.woken = session.door() == "wake", .allow_unsafe = request.allow_unsafe}));
  for (const std::string& note : report.notes) {
    if (request.warn) {
      request.warn(note);
    }
  }
  report.target = name();
  report.door = session.door();
  report.door_reason = session.door_reason();
  report.kernel = session.kernel();
  KJUMP_CHECK(session.set_bulk(request.bulk_request, request.bulk_reply_room));
  KJUMP_CHECK(jump_all(session, image, request, report));
  if (!report.jumps.empty()) {
    const auto reply = session.bulk_reply(report.jumps.back().bulk_reply_bytes);
    report.bulk_reply.assign(reply.begin(), reply.end());
  }
  report.notes.insert(report.notes.end(), session.notes().begin(), session.notes().end());
  if (const auto closed = session.close(); !closed) {
    report.notes.push_back(closed.error().text());
  }
  return report;
}

}  // namespace

std::unique_ptr<Target> make_host_target_on(System& system, const DoorOptions& door, Progress progress) {
  return std::make_unique<HostTarget>(system, door, std::move(progress));
}

std::unique_ptr<Target> make_host_target(const DoorOptions& door, Progress progress) {
  return make_host_target_on(this_machine(), door, std::move(progress));
}

}  // namespace kjump
