// SPDX-License-Identifier: MIT
// Rule: doctor says "fail" exactly where a session would refuse, gives a cure for each failure, and prints
// both a table and JSON that programs can rely on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/doctor_text.hpp"
#include "host/checks.hpp"
#include "host/kexec_door.hpp"
#include "host/open_session.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

std::vector<Check> examine(test::FakeMachine& machine, const Needs& needs = {}) {
  std::vector<Check> checks = examine_machine(machine, needs);
  KexecDoor door(machine);
  for (const std::vector<Check>& more : {processor_remarks(machine), door.examine()}) {
    checks.insert(checks.end(), more.begin(), more.end());
  }
  return checks;
}

// What the check `id` says about the machine after `change`; also proves that a session agrees.
template <typename Change>
Check changed(const std::string& id, Change change) {
  test::FakeMachine machine;
  change(machine);
  const std::vector<Check> checks = examine(machine);
  const auto session = open_session(machine, std::make_unique<KexecDoor>(machine), test::small_image());
  EXPECT_EQ(session.has_value(), all_passed(checks)) << id;
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.id == id; });
  EXPECT_NE(found, checks.end()) << id;
  EXPECT_TRUE(found->verdict != Verdict::kFail || !found->fix.empty()) << id << " needs a cure";
  return *found;
}

TEST(Doctor, HealthyMachineCanJump) {
  test::FakeMachine machine;
  const std::vector<Check> checks = examine(machine);
  EXPECT_TRUE(all_passed(checks));
  std::vector<std::string> ids;
  std::transform(checks.begin(), checks.end(), std::back_inserter(ids),
                 [](const Check& check) { return check.id; });
  EXPECT_EQ(ids, (std::vector<std::string>{
                     "cap-sys-rawio", "lockdown", "dev-mem", "kernel-version", "firmware", "ivt",
                     "low-memory", "cpus", "paging-depth", "watchdog", "cap-sys-boot", "kexec-load-disabled",
                     "kexec-load-limit", "kexec-probe", "kexec-loaded", "kernel-gdt", "retbleed"}));
  EXPECT_EQ(machine.count("load") + machine.count("unload") + machine.count("reboot"), 0)
      << "touches nothing";
}

TEST(Doctor, FailsWhatPreventsAJump) {
  const auto verdict = [](const std::string& id, auto change) { return changed(id, change).verdict; };
  using Machine = test::FakeMachine;
  const auto without_rights = [](Machine& m) { m.capabilities = 0; };
  EXPECT_EQ(verdict("cap-sys-rawio", without_rights), Verdict::kFail);
  EXPECT_EQ(verdict("cap-sys-boot", without_rights), Verdict::kFail);
  EXPECT_EQ(
      verdict("lockdown", [](Machine& m) { m.put("/sys/kernel/security/lockdown", "none [integrity]\n"); }),
      Verdict::kFail);
  EXPECT_EQ(verdict("dev-mem", [](Machine& m) { m.remove("/dev/mem"); }), Verdict::kFail);
  EXPECT_EQ(verdict("kernel-version", [](Machine& m) { m.names.machine = "aarch64"; }), Verdict::kFail);
  EXPECT_EQ(verdict("kernel-version", [](Machine& m) { m.names.release = "5.12.1"; }), Verdict::kFail);
  EXPECT_EQ(verdict("low-memory", [](Machine& m) { m.put_memory_range(0, 0, 0x7FFFF, "System RAM"); }),
            Verdict::kFail);
  EXPECT_EQ(verdict("low-memory", [](Machine& m) { m.poke_word(0x40E, 0x8000); }), Verdict::kFail);
  EXPECT_EQ(verdict("cpus", [](Machine& m) { m.put("/sys/devices/system/cpu/online", "1-3\n"); }),
            Verdict::kFail);
  EXPECT_EQ(verdict("kexec-probe", [](Machine& m) { m.probe_error = EINVAL; }), Verdict::kFail);
  EXPECT_EQ(verdict("kexec-loaded", [](Machine& m) { m.put("/sys/kernel/kexec_loaded", "1\n"); }),
            Verdict::kFail);
  EXPECT_EQ(verdict("kexec-load-disabled",
                    [](Machine& m) { m.put("/proc/sys/kernel/kexec_load_disabled", "1\n"); }),
            Verdict::kFail);
  EXPECT_EQ(verdict("kexec-load-limit",
                    [](Machine& m) { m.put("/proc/sys/kernel/kexec_load_limit_reboot", "0\n"); }),
            Verdict::kFail);
  EXPECT_EQ(verdict("kernel-gdt",
                    [](Machine& m) {
                      m.gdt = {};
                      m.names.release = "6.6.1";
                    }),
            Verdict::kFail);
  EXPECT_EQ(verdict("retbleed",
                    [](Machine& m) {
                      m.put("/sys/devices/system/cpu/vulnerabilities/retbleed", "Mitigation: Stuffing");
                    }),
            Verdict::kFail);
}

TEST(Doctor, OnlyNotesWhatSomeImagesCanDoWithout) {
  test::FakeMachine machine;
  const auto no_bios = [](test::FakeMachine& m) {
    m.put("/sys/firmware/efi/systab", "");
    m.poke(0, std::string(0x500, '\0'));
  };
  EXPECT_EQ(changed("firmware", no_bios).verdict, Verdict::kNote);
  EXPECT_EQ(changed("ivt", no_bios).verdict, Verdict::kNote);
  no_bios(machine);
  EXPECT_FALSE(all_passed(examine(machine, Needs{.bios = true})));
  EXPECT_EQ(
      changed("kexec-load-limit", [](auto& m) { m.put("/proc/sys/kernel/kexec_load_limit_reboot", "5\n"); })
          .verdict,
      Verdict::kNote);
  EXPECT_EQ(changed("kernel-gdt", [](auto& m) { m.gdt = {}; }).verdict, Verdict::kOk)
      << "6.12.117 does without";
  machine.put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu la57\n");
  EXPECT_THAT(cli::doctor_table({examine(machine), {}}), HasSubstr("5 levels (la57)"));
}

TEST(Doctor, TableShowsCureAndVerdict) {
  const std::vector<Check> checks{passed("a", "short", "fine"),
                                  remark("b", "a longer title", "odd", "unneeded"),
                                  failed("c", "third", ErrorCode::kBusy, "broken", "mend it")};
  const std::vector<Check> fine{passed("d", "fourth", "well")};
  EXPECT_EQ(cli::doctor_table({fine, {{"kexec", checks}, {"wake", fine}}}),
            "ok    fourth          well\n"
            "\n"
            "kexec door: closed\n"
            "ok    short           fine\n"
            "note  a longer title  odd\n"
            "FAIL  third           broken\n"
            "      fix: mend it\n"
            "\n"
            "wake door: open\n"
            "ok    fourth          well\n"
            "\n"
            "verdict: this machine can jump, through the wake door\n");
  EXPECT_THAT(cli::doctor_table({fine, {{"kexec", checks}}}),
              HasSubstr("verdict: this machine cannot jump now, all doors are closed"));
  EXPECT_THAT(cli::doctor_table({checks, {{"kexec", fine}}}),
              HasSubstr("verdict: this machine cannot jump now, the machine lacks what every door needs"));
  const auto failure = first_failure(checks);
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().code, ErrorCode::kBusy);
  EXPECT_EQ(failure.error().text(), "this machine cannot jump now: broken (c) - mend it");
}

TEST(Doctor, JsonIsStable) {
  const std::vector<Check> broken{failed("c", "third", ErrorCode::kBusy, "bro\xFFken", "mend it")};
  const std::vector<Check> fine{passed("d", "fourth", "well")};
  const auto closed = nlohmann::json::parse(cli::doctor_json({broken, {{"kexec", fine}}}));
  EXPECT_FALSE(closed["can_jump"].get<bool>());
  EXPECT_TRUE(closed["door"].is_null());
  EXPECT_EQ(closed["checks"][0]["id"], "c");
  EXPECT_EQ(closed["checks"][0]["verdict"], "fail");
  EXPECT_EQ(closed["checks"][0]["fix"], "mend it");
  EXPECT_EQ(closed["doors"][0]["name"], "kexec");
  EXPECT_TRUE(closed["doors"][0]["opens"].get<bool>());
  const auto open = nlohmann::json::parse(cli::doctor_json({fine, {{"kexec", broken}, {"wake", fine}}}));
  EXPECT_TRUE(open["can_jump"].get<bool>());
  EXPECT_EQ(open["door"], "wake");
}

}  // namespace
}  // namespace kjump
