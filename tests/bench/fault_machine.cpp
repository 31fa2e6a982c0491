// SPDX-License-Identifier: MIT
// Failures of payload and firmware in a bare virtual machine.
#include <fmt/format.h>

#include <kjump/image.hpp>
#include <kjump/target.hpp>

#include "bench/fault_matrix.hpp"
#include "bench/numbers.hpp"

namespace kjump::bench {
namespace {

// Long enough for the slow emulator to get to the payload, short enough to wait for.
constexpr std::uint32_t kDeadlineMs = 400;

struct Case {
  const char* image;
  const char* request;
  const char* what;
  const char* expected;
  bool hpet = true;
};

std::string mode_name(std::uint8_t mode) {
  switch (static_cast<abi::FaultMode>(mode)) {
    case abi::FaultMode::kReal:
      return "real";
    case abi::FaultMode::kPhysical:
      return "physical";
    case abi::FaultMode::kLong:
      return "long";
  }
  return "unknown";
}

// "fault 6, real mode, in a call"; "timeout by tick"; "returned, repaired 0x1".
std::string words(const RunReport& report) {
  const JumpReport& jump = report.jumps.front();
  std::string text;
  switch (jump.outcome) {
    case abi::Outcome::kReturned:
      text = jump.status == 0 ? "returned" : fmt::format("returned {}", jump.status);
      text += jump.repairs == 0 ? "" : fmt::format(", repaired {:#x}", jump.repairs);
      text += jump.reason.empty() ? "" : ", doubted";
      text += jump.console_cut ? ", console cut" : "";
      break;
    case abi::Outcome::kFault:
      text = fmt::format("fault {}, {} mode", jump.fault.vector, mode_name(jump.fault.mode));
      break;
    case abi::Outcome::kTimeout:
      text = fmt::format("timeout by {}", jump.fault.vector == abi::kVectorDeadline ? "tick" : "NMI");
      break;
    case abi::Outcome::kRefused:
      text =
          jump.reason.find("overwritten") != std::string::npos ? "refused: exchange overwritten" : "refused";
      break;
    case abi::Outcome::kPending:
      text = "pending";
      break;
  }
  const bool ended = jump.outcome == abi::Outcome::kFault || jump.outcome == abi::Outcome::kTimeout;
  text += ended && jump.fault.in_firmware != 0 ? ", in a call" : "";
  return text + (report.breaches.empty() ? "" : ", BREACH: " + report.breaches.front());
}

std::string run_case(const Case& one) {
  const std::filesystem::path file =
      std::string(one.image) == "bench_injections"
          ? image(one.image)
          : std::filesystem::path(KJUMP_TEST_IMAGES) / (std::string(one.image) + ".kjump");
  RunRequest request;
  for (const char* c = one.request; *c != '\0'; ++c) {
    request.request.push_back(static_cast<std::byte>(*c));
  }
  request.deadline_ms = kDeadlineMs;
  MachineOptions machine;
  machine.hpet = one.hpet;
  const auto report = make_vm_target(machine)->run(must(Image::open(file)), request);
  if (!report) {
    return report.error().code == ErrorCode::kTimeout ? "lost: hangs" : "lost: reset";
  }
  return words(*report);
}

void add(std::vector<Injection>& list, const char* where, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    list.push_back({where, one.what, one.expected, [one] { return run_case(one); }});
  }
}

constexpr const char* kFaults = "test_faults";
constexpr const char* kReal = "test_real_faults";
constexpr const char* kLong = "test_long";
constexpr const char* kMore = "bench_injections";

}  // namespace

std::vector<Injection> machine_injections() {
  std::vector<Injection> list;
  add(list, "payload, physical mode",
      {{kFaults, "pd", "#DE", "fault 0, physical mode"},
       {kMore, "xt", "#DB, single step", "fault 1, physical mode"},
       {kFaults, "pb", "#BP", "fault 3, physical mode"},
       {kMore, "xO", "#OF", "fault 4, physical mode"},
       {kMore, "xi", "#BR", "fault 5, physical mode"},
       {kFaults, "pu", "#UD", "fault 6, physical mode"},
       {kMore, "xn", "#NM", "fault 7, physical mode"},
       {kMore, "x8", "#DF, the handler of #GP is absent", "fault 8, physical mode"},
       {kMore, "xN", "#NP", "fault 11, physical mode"},
       {kMore, "xk", "#SS", "fault 12, physical mode"},
       {kFaults, "pg", "#GP", "fault 13, physical mode"},
       {kMore, "xm", "#MF", "fault 16, physical mode"},
       {kFaults, "ps", "#UD on a stack that is not there", "fault 6, physical mode"},
       {kFaults, "po", "a stack without end", "fault 1, physical mode"},
       {kFaults, "pw", "a write just below the image", "fault 1, physical mode"},
       {kFaults, "pT", "no interrupt table: triple fault", "lost: reset"}});
  add(list, "payload, real mode",
      {{kReal, "u", "#UD", "fault 6, real mode"},
       {kReal, "d", "#DE", "fault 0, real mode"},
       {kReal, "o", "a stack without end", "fault 1, real mode"}});
  add(list, "payload, long mode",
      {{kLong, "wd", "#DE", "fault 0, long mode"},
       {kLong, "wb", "#BP", "fault 3, long mode"},
       {kLong, "wu", "#UD", "fault 6, long mode"},
       {kLong, "wg", "#GP, an address that is not canonical", "fault 13, long mode"},
       {kLong, "wp", "#PF, memory that was not declared", "fault 14, long mode"},
       {kLong, "wx", "#MF", "fault 16, long mode"},
       {kLong, "wo", "a stack without end", "fault 1, long mode"}});
  add(list, "firmware",
      {{kFaults, "rd", "#DE", "fault 0, real mode, in a call"},
       {kFaults, "rt", "#DB, single step", "fault 1, real mode, in a call"},
       {kFaults, "rb", "#BP", "fault 3, real mode, in a call"},
       {kFaults, "ro", "#OF", "fault 4, real mode, in a call"},
       {kFaults, "ri", "#BR", "fault 5, real mode, in a call"},
       {kFaults, "ru", "#UD", "fault 6, real mode, in a call"},
       {kMore, "cn", "#NM", "fault 7, real mode, in a call"},
       {kFaults, "rg", "#GP", "fault 13, real mode, in a call"},
       {kFaults, "rO", "a stack without end", "fault 1, real mode, in a call"}});
  add(list, "hang, HPET",
      {{kFaults, "pS", "physical, spins, interrupts off", "timeout by NMI"},
       {kFaults, "pI", "physical, spins, interrupts on", "timeout by tick"},
       {kFaults, "pH", "physical, halts, interrupts off", "timeout by NMI"},
       {kLong, "wS", "long, spins, interrupts off", "timeout by NMI"},
       {kLong, "wI", "long, spins, interrupts on", "timeout by tick"},
       {kLong, "wH", "long, halts, interrupts off", "timeout by NMI"},
       {kReal, "S", "real, spins, interrupts off", "timeout by NMI"},
       {kReal, "I", "real, spins, interrupts on", "timeout by tick"},
       {kFaults, "rS", "firmware, spins, interrupts off", "timeout by NMI, in a call"},
       {kFaults, "rI", "firmware, spins, interrupts on", "timeout by tick, in a call"},
       {kFaults, "rH", "firmware, halts, interrupts off", "timeout by NMI, in a call"},
       {kFaults, "bk", "BIOS waits for a key", "timeout by tick, in a call"}});
  add(list, "hang, no HPET",
      {{kFaults, "pS", "physical, spins, interrupts off", "timeout by NMI", false},
       {kFaults, "pI", "physical, spins, interrupts on", "timeout by NMI", false},
       {kFaults, "pH", "physical, halts, interrupts off", "timeout by NMI", false},
       {kLong, "wS", "long, spins, interrupts off", "timeout by NMI", false},
       {kLong, "wI", "long, spins, interrupts on", "timeout by tick", false},
       {kReal, "S", "real, spins, interrupts off", "timeout by NMI", false},
       {kReal, "I", "real, spins, interrupts on", "timeout by tick", false},
       {kFaults, "rI", "firmware, spins, interrupts on", "timeout by tick, in a call", false},
       {kFaults, "bk", "BIOS waits for a key", "timeout by tick, in a call", false},
       {kFaults, "rS", "firmware, spins, interrupts off", "timeout by NMI, in a call", false},
       {kFaults, "rH", "firmware, halts, interrupts off", "timeout by NMI, in a call", false}});
  add(list, "payload leaves",
      {{kMore, "qg", "a GDT without entries", "returned"},
       {kMore, "ql", "an IDT without entries", "returned"},
       {kMore, "qd", "DF set", "returned"},
       {kMore, "qI", "interrupts on", "returned"},
       {kMore, "q0", "CR0.TS and EM set", "returned"},
       {kMore, "q4", "CR4.PSE and SSE set", "returned"},
       {kMore, "qE", "EFER 0", "returned"},
       {kMore, "qD", "no stack guards (DR7)", "returned"},
       {kMore, "qt", "local APIC TPR 0", "returned"},
       {kMore, "qp", "8259s at other vectors, all lines open", "returned"},
       {kMore, "qP", "PIT one-shot", "returned"},
       {kMore, "qa", "A20 off", "returned"},
       {kMore, "qh", "HPET off", "returned"},
       {kMore, "qv", "64 interrupt vectors overwritten", "returned"}});
  add(list, "firmware leaves",
      {{kMore, "ca", "A20 off", "returned, repaired 0x1"},
       {kMore, "cp", "all interrupt lines shut", "returned, repaired 0x2"},
       {kMore, "cd", "DF set", "returned"},
       {kMore, "cf", "AC and NT set", "returned"},
       {kMore, "ci", "GDTR and IDTR without entries", "returned"},
       {kMore, "cs", "segments and registers clobbered", "returned"},
       {kMore, "cr", "another stack, interrupts on, RETF 2 for RETF", "returned"}});
  add(list, "exchange",
      {{kMore, "em", "magic overwritten", "refused: exchange overwritten"},
       {kMore, "en", "nonce overwritten", "refused: exchange overwritten"},
       {kMore, "es", "sequence overwritten", "refused: exchange overwritten"},
       {kMore, "eA", "all of it overwritten", "refused: exchange overwritten"},
       {kMore, "er", "reply of 4 GiB claimed", "returned, doubted"},
       {kMore, "eo", "reply moved", "returned, doubted"},
       {kMore, "ec", "console of 4 GiB claimed", "returned, console cut"}});
  return list;
}

}  // namespace kjump::bench
