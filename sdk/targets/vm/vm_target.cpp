// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <utility>

#include <kjump/abi/carrier.hpp>
#include <kjump/target.hpp>

#include "host/tsc_clock.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"
#include "targets/qemu/qemu.hpp"
#include "targets/vm/carrier_program.hpp"
#include "targets/vm/carrier_report.hpp"
#include "targets/vm/guest_bulk.hpp"
#include "targets/vm/guest_memory.hpp"
#include "targets/vm/plan.hpp"

namespace kjump {
namespace {

using namespace targets;
using std::chrono::milliseconds;

// Firmware and carrier need half a second; a busy machine may need much more.
constexpr milliseconds kCarrierBootLimit{20'000};
// Beyond a jump's deadline, for its watchdog to act and for the way back.
constexpr milliseconds kWayBackMargin{2'000};

class VmTarget final : public Target {
 public:
  explicit VmTarget(MachineOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::string name() const override { return "vm"; }
  [[nodiscard]] Result<RunReport> run(const Image& image, const RunRequest& request) override;

 private:
  MachineOptions options_;
};

Result<void> check_machine(const MachineOptions& options) {
  if (options.memory_mib < abi::kCarrierMinMemoryMib) {
    return fail(ErrorCode::kLimit, "too little memory for the virtual machine",
                fmt::format("{} MiB", options.memory_mib),
                fmt::format("give it at least {} MiB", abi::kCarrierMinMemoryMib));
  }
  return {};
}

// QEMU splits the list of Multiboot modules at commas and a module from its arguments at blanks.
Result<std::string> module_argument(const std::filesystem::path& plan) {
  if (plan.string().find(' ') != std::string::npos) {
    return fail(ErrorCode::kInvalid, "QEMU cannot load a module whose path has a blank in it", plan.string(),
                "choose another directory for artifacts (--artifacts, TMPDIR)");
  }
  return option_value(plan);
}

Result<RunReport> VmTarget::run(const Image& image, const RunRequest& request) {
  KJUMP_CHECK(check_machine(options_));
  const System system;
  KJUMP_TRY(const std::uint64_t nonce, system.random());
  KJUMP_TRY(const GuestBulk bulk, GuestBulk::plan(image, request, options_.memory_mib));
  const ExchangeTicket ticket{.nonce = nonce,
                              .sequence = 1,
                              .deadline_ms = jump_deadline_ms(image, request),
                              .call_deadline_ms = request.call_deadline_ms,
                              .contract_classes = request.contract_classes,
                              .bulk_request = bulk.fields().request,
                              .bulk_reply = bulk.fields().reply};
  KJUMP_TRY(const std::vector<std::byte> plan, build_plan(image, request, ticket, options_.hpet));
  KJUMP_TRY(Artifacts artifacts, Artifacts::create(options_.artifacts));
  const std::filesystem::path plan_file = artifacts.confidential("plan.bin");
  KJUMP_CHECK(write_file(plan_file, plan));
  KJUMP_TRY(const std::filesystem::path carrier, carrier_program(artifacts));
  KJUMP_TRY(const std::string module, module_argument(plan_file));
  KJUMP_TRY(const GuestMemory memory, GuestMemory::create(options_.memory_mib));
  KJUMP_CHECK(bulk.write_request(memory, request));
  QemuSpec spec;
  spec.limit = kCarrierBootLimit + request.jumps * (milliseconds(ticket.deadline_ms) + kWayBackMargin);
  spec.ram_fd = memory.fd();
  KJUMP_TRY(spec.arguments, machine_arguments(options_, true));
  spec.arguments.insert(spec.arguments.end(),
                        {"-kernel", carrier.string(), "-initrd", module, "-device",
                         fmt::format("isa-debug-exit,iobase={:#x},iosize=4", abi::kDebugExitPort)});
  if (options_.progress) {
    options_.progress("running " + image.info().name + " in a bare virtual machine");
  }
  const TscCalibration calibration(system);
  KJUMP_TRY(const QemuOutcome outcome, run_qemu(spec, artifacts));
  if (outcome.end != QemuEnd::kDebugExit) {
    return guest_failure(last_seen(memory, image, ticket), outcome, artifacts);
  }
  auto report = read_carrier_report(memory, image, ticket, calibration.finish());
  if (!report) {
    return guest_failure(report.error().what, outcome, artifacts);
  }
  if (!report->jumps.empty()) {
    KJUMP_TRY(report->bulk_reply, bulk.read_reply(memory, report->jumps.back().bulk_reply_bytes));
  }
  if (artifacts.kept()) {
    report->log = artifacts.serial_log();
  }
  return report;
}

}  // namespace

std::unique_ptr<Target> make_vm_target(MachineOptions options) {
  return std::make_unique<VmTarget>(std::move(options));
}

}  // namespace kjump
