// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include <kjump/linux_vm.hpp>
#include <kjump/target.hpp>

#include "bios/planned_calls.hpp"
#include "report/contract.hpp"
#include "report/json.hpp"
#include "targets/qemu/files.hpp"
#include "targets/vm/plan.hpp"

namespace kjump {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBootLimit{60'000};
// Beyond a jump's deadline: the kernel freezes tasks and suspends devices, which takes seconds if disks spin
// up.
constexpr milliseconds kJumpMargin{10'000};

constexpr const char* kImagePath = "/job/image.kjump";
constexpr const char* kRequestPath = "/job/request";

class LinuxVmTarget final : public Target {
 public:
  explicit LinuxVmTarget(LinuxVmOptions options) : vm_(std::move(options)) {}

  [[nodiscard]] std::string name() const override { return "linux-vm"; }
  [[nodiscard]] Result<RunReport> run(const Image& image, const RunRequest& request) override;

 private:
  LinuxVm vm_;
};

const char* door_name(DoorChoice choice) {
  switch (choice) {
    case DoorChoice::kKexec:
      return "kexec";
    case DoorChoice::kWake:
      return "wake";
    case DoorChoice::kAuto:
      break;
  }
  return "auto";
}

// The same command that a user would type in that guest.
Result<Job> make_job(const Image& image, const RunRequest& request, const DoorOptions& door) {
  const std::uint32_t deadline_ms = targets::jump_deadline_ms(image, request);
  Job job;
  job.echo = false;  // its output is the report, with the reply in it
  job.arguments = {"kjump",      "run",
                   kImagePath,   "--target",
                   "host",       "--json",
                   "--jumps",    std::to_string(request.jumps),
                   "--deadline", fmt::format("{}.{:03}", deadline_ms / 1000, deadline_ms % 1000)};
  job.arguments.insert(job.arguments.end(), {"--door", door_name(door.choice)});
  if (door.alarm_seconds != 0) {
    job.arguments.insert(job.arguments.end(), {"--alarm", std::to_string(door.alarm_seconds)});
  }
  if (request.call_deadline_ms != 0) {
    job.arguments.insert(job.arguments.end(), {"--call-deadline", std::to_string(request.call_deadline_ms)});
  }
  if (request.contract_classes != 0) {
    job.arguments.push_back("--report=" + report::class_list(request.contract_classes));
  }
  for (const PlannedCall& call : request.calls) {
    job.arguments.insert(job.arguments.end(), {"--calls", bios::spell(call)});
  }
  if (request.allow_unsafe) {
    job.arguments.emplace_back("--unsafe");
  }
  KJUMP_TRY(std::vector<std::byte> content, image.serialize());
  job.files.push_back({kImagePath, std::move(content)});
  if (!request.request.empty()) {
    job.arguments.insert(job.arguments.end(), {"--in", kRequestPath});
    job.files.push_back({kRequestPath, request.request});
  }
  job.limit = kBootLimit + request.jumps * (milliseconds(deadline_ms) + kJumpMargin);
  return job;
}

Failure nonsense(const Error& error, const JobResult& result) {
  const std::string words = targets::telling_lines(result.err);
  return fail(ErrorCode::kGuest,
              fmt::format("kjump in the guest ended with code {} and without a report ({})", result.exit_code,
                          words.empty() ? error.what : words),
              "target linux-vm");
}

Result<RunReport> LinuxVmTarget::run(const Image& image, const RunRequest& request) {
  if (!request.bulk_request.empty() || request.bulk_reply_room != 0) {
    return fail(ErrorCode::kUnsupported,
                "bulk requests and replies are not carried into a guest and out of it", "target linux-vm",
                "give files to kjump guest --file and run kjump inside");
  }
  KJUMP_TRY(const Job job, make_job(image, request, vm_.options().door));
  KJUMP_TRY(const JobResult result, vm_.run(job));
  if (std::optional<Error> error = report::error_from_json(result.out)) {
    // The guest's own kjump speaks; its paths and hints are about the guest.
    error->what = "in the guest: " + error->what;
    return Failure(*std::move(error));
  }
  auto report = report::report_from_json(result.out);
  if (!report) {
    return nonsense(report.error(), result);
  }
  report->target = name();
  report->log = result.console;
  return report;
}

}  // namespace

std::unique_ptr<Target> make_linux_vm_target(LinuxVmOptions options) {
  return std::make_unique<LinuxVmTarget>(std::move(options));
}

}  // namespace kjump
