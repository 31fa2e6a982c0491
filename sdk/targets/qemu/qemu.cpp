// SPDX-License-Identifier: MIT
#include "targets/qemu/qemu.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "targets/qemu/accelerator.hpp"
#include "targets/qemu/child_process.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollInterval{50};

// What the guest writes to the exit port comes back as 2 * value + 1, so 1 says nothing: QEMU's own errors
// end with it too.
constexpr int kFirstDebugExit = 3;

std::string qemu_program() {
  const char* chosen = std::getenv("KJUMP_QEMU");
  return chosen != nullptr && *chosen != '\0' ? chosen : "qemu-system-x86_64";
}

constexpr const char* kPowerOffEvent = "qemu_system_shutdown_request";

std::vector<std::string> full_command(const QemuSpec& spec, const std::string& accelerator,
                                      const Artifacts& artifacts) {
  std::vector<std::string> command{qemu_program(), "-nodefaults", "-no-user-config", "-accel",
                                   accelerator_argument(accelerator), "-no-reboot", "-display", "none",
                                   "-vga", "std", "-nic", "none",
                                   // One serial port, the chip set's keyboard controller, no monitor.
                                   "-serial", "file:" + artifacts.serial_log().string(), "-chardev",
                                   "file,id=debugcon,path=" + option_value(artifacts.debug_log()), "-device",
                                   "isa-debugcon,iobase=0x402,chardev=debugcon",
                                   // TCG notes a triple fault there, which no exit code tells.
                                   "-d", "cpu_reset", "-D", artifacts.qemu_log().string(),
                                   // And there it is noted when the power goes: without a reboot a reset ends
                                   // QEMU in the same way.
                                   "-trace", kPowerOffEvent};
  command.insert(command.end(), spec.arguments.begin(), spec.arguments.end());
  return command;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::vector<std::string> with_ram(std::vector<std::string> command, const std::string& ram) {
  for (std::string& argument : command) {
    replace_all(argument, kRamPlaceholder, ram);
  }
  return command;
}

QemuOutcome classify(const ProcessEnd& end, const Artifacts& artifacts) {
  QemuOutcome outcome;
  outcome.message = telling_lines(read_log(artifacts.qemu_errors()));
  outcome.value = end.value;
  if (end.by_signal) {
    outcome.end = QemuEnd::kSignal;
  } else if (end.value == 0) {
    outcome.end = QemuEnd::kGuestStopped;
    const std::string log = read_log(artifacts.qemu_log());
    outcome.triple_fault = log.find("Triple fault") != std::string::npos;
    outcome.power_off = log.find(kPowerOffEvent) != std::string::npos;
  } else if (end.value >= kFirstDebugExit && end.value % 2 == 1) {
    outcome.end = QemuEnd::kDebugExit;
    outcome.value = end.value / 2;
  } else {
    outcome.end = QemuEnd::kQemuError;
  }
  return outcome;
}

Result<QemuOutcome> watch(ChildProcess& child, const QemuSpec& spec, const Artifacts& artifacts) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + spec.limit;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    KJUMP_TRY(const auto end, child.wait(spec.finished ? std::min(left, kPollInterval) : left));
    if (end) {
      return classify(*end, artifacts);
    }
    const bool finished = spec.finished && spec.finished();
    if (!finished && Clock::now() < deadline) {
      continue;
    }
    child.kill();
    QemuOutcome outcome;
    outcome.end = finished ? QemuEnd::kFinished : QemuEnd::kTimeout;
    outcome.limit = spec.limit;
    outcome.message = telling_lines(read_log(artifacts.qemu_errors()));
    return outcome;
  }
}

}  // namespace

Result<QemuOutcome> run_qemu(const QemuSpec& spec, const Artifacts& artifacts) {
  std::string accelerator = spec.accelerator;
  if (accelerator.empty()) {
    KJUMP_TRY(accelerator, choose_accelerator());
  }
  const std::vector<std::string> command = full_command(spec, accelerator, artifacts);
  // Nobody can repeat a run with our descriptor for its memory; a file of the same size will do.
  KJUMP_CHECK(write_file(artifacts.command(),
                         shell_quoted(with_ram(command, (artifacts.directory() / "ram").string())) + "\n"));
  ProcessSpec process{with_ram(command, fmt::format("/dev/fd/{}", spec.ram_fd)), artifacts.qemu_output(),
                      artifacts.qemu_errors(), spec.ram_fd};
  auto child = ChildProcess::start(process);
  if (!child && child.error().system_errno == ENOENT) {
    return fail(ErrorCode::kSystem, "cannot run QEMU", qemu_program(),
                "apt install qemu-system-x86, or name the program in KJUMP_QEMU", ENOENT);
  }
  if (!child) {
    return Failure(std::move(child).error());
  }
  return watch(*child, spec, artifacts);
}

std::string describe(const QemuOutcome& outcome) {
  switch (outcome.end) {
    case QemuEnd::kDebugExit:
      return fmt::format("the guest left through the exit port with {:#x}", outcome.value);
    case QemuEnd::kGuestStopped:
      return outcome.power_off      ? "the guest switched the machine off"
             : outcome.triple_fault ? "the guest triple-faulted"
                                    : "the guest reset or triple-faulted";
    case QemuEnd::kQemuError:
      return outcome.message.empty()
                 ? fmt::format("QEMU ended with code {} and without a word", outcome.value)
                 : "QEMU gave up: " + outcome.message;
    case QemuEnd::kSignal:
      return fmt::format("QEMU died of signal {} ({})", outcome.value, ::strsignal(outcome.value));
    case QemuEnd::kTimeout:
      return fmt::format("the guest was still running after {:.1f} s and was stopped",
                         static_cast<double>(outcome.limit.count()) / 1000);
    case QemuEnd::kFinished:
      return "the guest had finished";
  }
  return "QEMU ended in an unknown way";
}

Failure guest_failure(const std::string& what, const QemuOutcome& outcome, Artifacts& artifacts) {
  artifacts.keep();
  const std::string hint = "repeat it with: sh " + artifacts.command().string();
  if (outcome.end == QemuEnd::kQemuError) {  // there was no guest yet that could have done anything
    return fail(ErrorCode::kGuest, "cannot run the virtual machine: " + describe(outcome),
                artifacts.qemu_errors().string(), hint);
  }
  std::string text = what + ": " + describe(outcome);
  std::filesystem::path log = artifacts.serial_log();
  std::string lines = telling_lines(read_log(log));
  if (lines.empty()) {
    if (lines = telling_lines(read_log(artifacts.debug_log())); !lines.empty()) {
      log = artifacts.debug_log();
    }
  }
  text += lines.empty() ? "; it printed nothing" : "; the telling lines of its log: " + lines;
  const ErrorCode code = outcome.end == QemuEnd::kTimeout ? ErrorCode::kTimeout : ErrorCode::kGuest;
  return fail(code, text, log.string(), hint);
}

std::string shell_quoted(const std::vector<std::string>& arguments) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  std::string out;
  for (std::string argument : arguments) {
    if (argument.empty() || argument.find_first_not_of(kPlain) != std::string::npos) {
      replace_all(argument, "'", "'\\''");
      argument.insert(0, "'").append("'");
    }
    out += (out.empty() ? "" : " ") + argument;
  }
  return out;
}

std::string option_value(const std::filesystem::path& path) {
  std::string out;
  for (const char character : path.string()) {
    out += character;
    if (character == ',') {
      out += ',';
    }
  }
  return out;
}

}  // namespace kjump::targets
