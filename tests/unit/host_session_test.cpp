// SPDX-License-Identifier: MIT
// Rule: a session refuses before it touches anything, believes nothing that the payload says, and leaves the
// machine as it was on every path: image unloaded, exchange memory put back, lock free, signals let in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string_view>

#include "host/kexec_door.hpp"
#include "host/open_session.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kOldContent = "what Linux had here";

class HostSession : public ::testing::Test {
 protected:
  HostSession() {
    machine.poke(abi::kExchangeBase, std::string(kOldContent));
    machine.answer();
  }

  Result<Session> open(const Image& image = test::small_image()) {
    return open_session(machine, std::make_unique<KexecDoor>(machine), image);
  }

  std::string why_refused(const Image& image = test::small_image()) {
    const auto session = open(image);
    EXPECT_EQ(machine.count("load"), 0);
    return session ? "opened" : session.error().text();
  }

  void expect_left_as_it_was() {
    EXPECT_EQ(machine.peek(abi::kExchangeBase, kOldContent.size()), kOldContent);
    EXPECT_EQ(machine.count("load"), machine.count("unload"));
    EXPECT_TRUE(open()) << "the lock is free again";
  }

  test::FakeMachine machine;
};

TEST_F(HostSession, EveryByteOfTheExchangeComesBack) {
  // Pages with content, pages of zeros between them, and content up to the end.
  for (const std::uint32_t offset : {0x0U, 0x1FFFU, 0x7123U, abi::kExchangeBytes - 1}) {
    machine.poke(abi::kExchangeBase + offset, "\x5A");
  }
  const std::string before = machine.peek(abi::kExchangeBase, abi::kExchangeBytes);
  const std::vector<std::byte> request(5, std::byte{0x77});
  const std::uint32_t behind = abi::kRequestOffset + static_cast<std::uint32_t>(request.size());
  machine.answer([&](abi::ExchangeHeader&) {
    EXPECT_EQ(machine.peek(abi::kExchangeBase + behind, abi::kExchangeBytes - behind),
              std::string(abi::kExchangeBytes - behind, '\0'))
        << "the payload finds zeros";
    EXPECT_EQ(machine.peek(abi::kExchangeBase + abi::kRequestOffset, request.size()), "wwwww");
    machine.poke(abi::kExchangeBase, std::string(abi::kExchangeBytes, '\xEE'));
  });
  {
    Session session = open().value();
    EXPECT_TRUE(session.jump(request));
    EXPECT_TRUE(session.jump(request));
  }
  EXPECT_EQ(machine.peek(abi::kExchangeBase, abi::kExchangeBytes), before);
}

TEST_F(HostSession, WhatAKilledKjumpLeftInTheExchangeDoesNotComeBack) {
  std::string left(abi::kExchangeBytes, 's');
  std::memcpy(left.data(), &abi::kExchangeMagic, sizeof(abi::kExchangeMagic));
  machine.poke(abi::kExchangeBase, left);
  EXPECT_TRUE(open().value().jump({}));
  EXPECT_EQ(machine.peek(abi::kExchangeBase, abi::kExchangeBytes), std::string(abi::kExchangeBytes, '\0'));
}

TEST_F(HostSession, OneJump) {
  machine.answer([&](abi::ExchangeHeader& header) {
    EXPECT_EQ(header.nonce, machine.random_values.front());
    EXPECT_EQ(header.sequence, 1U);
    EXPECT_EQ(header.deadline_ms, 500U) << "the image's own";
    EXPECT_EQ(header.request_bytes, 3U);
    header.reply_bytes = 4;
    machine.poke(abi::kExchangeBase + abi::kReplyOffset, "pong");
  });
  {
    Session session = open().value();
    const std::vector<std::byte> request(3);
    const JumpReport report = session.jump(request).value();
    EXPECT_EQ(report.outcome, abi::Outcome::kReturned);
    EXPECT_EQ(report.reply.size(), 4U);
    EXPECT_TRUE(report.phases.load && report.phases.way_in && report.phases.payload &&
                report.phases.way_back);
    EXPECT_EQ(report.phases.payload, 1U);
  }
  expect_left_as_it_was();
}

TEST_F(HostSession, TellsTheStubWhatItMustKnow) {
  machine.names.release = "6.6.1";     // a kernel that needs its GDT loaded
  machine.random_values = {0, 0, 42};  // zero is no nonce
  Session session = open().value();
  abi::LoaderParameters parameters;
  std::memcpy(&parameters, machine.loaded_parameters_segment.data() + test::kParametersOffset,
              sizeof(parameters));
  EXPECT_EQ(parameters.magic, abi::kParametersMagic);
  EXPECT_EQ(parameters.nonce, 42U);
  EXPECT_EQ(parameters.flags,
            abi::kParameterHasExchange | abi::kParameterLoadKernelGdt | abi::kParameterHasCrashRecord);
  EXPECT_EQ(parameters.kernel_gdt_base, machine.gdt.base);
  EXPECT_EQ(parameters.hpet_base, 0U);
}

TEST_F(HostSession, JumpsAreNumberedAndClearedInBetween) {
  std::vector<std::uint32_t> numbers;
  machine.answer([&](abi::ExchangeHeader& header) {
    numbers.push_back(header.sequence);
    EXPECT_EQ(header.reply_bytes, 0U);
    EXPECT_EQ(machine.peek(abi::kExchangeBase + abi::kReplyOffset, 1), std::string(1, '\0'));
    machine.poke(abi::kExchangeBase + abi::kReplyOffset, "x");
    header.reply_bytes = 1;
  });
  Session session = open().value();
  EXPECT_TRUE(session.jump({})->phases.load);
  EXPECT_FALSE(session.jump({}, {.deadline_ms = 100})->phases.load) << "loaded once";
  EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(machine.count("load"), 1);
}

TEST_F(HostSession, RefusalsTouchNothing) {
  machine.probe_error = EINVAL;
  EXPECT_THAT(why_refused(), HasSubstr("CONFIG_KEXEC_JUMP"));
  machine.probe_error = EFAULT;
  machine.put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  EXPECT_THAT(why_refused(), HasSubstr("lockdown is in mode 'integrity'"));
  machine.capabilities = 0;
  EXPECT_THAT(why_refused(), HasSubstr("run as root"));
  EXPECT_EQ(machine.peek(abi::kExchangeBase, kOldContent.size()), kOldContent);
}

TEST_F(HostSession, NotRootIsNamedEvenWhenTheLockCannotBeOpened) {
  machine.remove("/run");
  machine.capabilities = 0;
  EXPECT_THAT(why_refused(), HasSubstr("run as root"));
  machine.capabilities = test::FakeMachine().capabilities;
  EXPECT_THAT(why_refused(), HasSubstr("/run/kjump.lock"));
}

TEST_F(HostSession, BiosImagesNeedABios) {
  const Image image = test::small_image(abi::kImageNeedsBios);
  machine.put("/sys/firmware/efi/systab", "");
  EXPECT_TRUE(open(image)) << "a CSM's vectors are there";
  machine.calls.clear();
  machine.poke(0, std::string(0x500, '\0'));
  EXPECT_THAT(why_refused(image), HasSubstr("booted by EFI without CSM"));
  EXPECT_TRUE(open()) << "an image that needs no BIOS";
  machine.calls.clear();
  machine.remove("/sys/firmware/efi");
  EXPECT_THAT(why_refused(image), HasSubstr("interrupt vector 0x10 is empty"));
}

TEST_F(HostSession, OldKernelsMayUseTheExchange) {
  machine.names.release = "5.10.200";
  EXPECT_THAT(why_refused(), HasSubstr("5.13"));
}

TEST_F(HostSession, SecondSessionIsToldWhoHoldsTheExchange) {
  const Session first = open().value();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_THAT(second.error().text(), HasSubstr("already in use by process " + std::to_string(::getpid())));
}

TEST_F(HostSession, LeftoverOfAKilledSessionIsSuspected) {
  machine.put("/run/kjump.lock", "4711\n");
  machine.put("/sys/kernel/kexec_loaded", "1\n");
  EXPECT_THAT(why_refused(), HasSubstr("4711, which was killed"));
}

TEST_F(HostSession, FailedLoadLeavesNoTrace) {
  machine.load_error = ENOMEM;
  EXPECT_FALSE(open());
  EXPECT_EQ(machine.peek(abi::kExchangeBase, kOldContent.size()), kOldContent);
  EXPECT_EQ(machine.count("unload"), 0);
  machine.load_error = 0;
  machine.calls.clear();
  expect_left_as_it_was();
}

TEST_F(HostSession, RefusedJumpLeavesNoTrace) {
  machine.on_reboot = [] { return EBUSY; };
  {
    Session session = open().value();
    const auto jumped = session.jump({});
    ASSERT_FALSE(jumped);
    EXPECT_EQ(jumped.error().code, ErrorCode::kBusy);
  }
  expect_left_as_it_was();
}

TEST_F(HostSession, SilentStubMeansRefused) {
  machine.on_reboot = [] { return 0; };
  Session session = open().value();
  const JumpReport report = session.jump({}).value();
  EXPECT_EQ(report.outcome, abi::Outcome::kRefused);
  EXPECT_THAT(report.reason, HasSubstr("foreign nonce"));
  EXPECT_FALSE(report.phases.payload);
}

TEST_F(HostSession, CloseIsFinalAndMayBeRepeated) {
  Session session = open().value();
  EXPECT_TRUE(session.close());
  EXPECT_TRUE(session.close());
  EXPECT_FALSE(session.jump({}));
  expect_left_as_it_was();
}

TEST_F(HostSession, FailedUnloadIsTold) {
  Session session = open().value();
  machine.unload_error = EBUSY;
  const auto closed = session.close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().text(), HasSubstr("kexec -u"));
}

TEST_F(HostSession, StandaloneImagesRunWithoutExchange) {
  const auto target = make_host_target_on(machine, {}, {});
  machine.on_reboot = [] { return 0; };
  const RunReport report = target->run(test::small_image(abi::kImageStandalone), {}).value();
  ASSERT_EQ(report.jumps.size(), 1U);
  EXPECT_EQ(report.jumps.front().outcome, abi::Outcome::kReturned);
  EXPECT_TRUE(report.jumps.front().reply.empty());
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("standalone image has no exchange")));
  expect_left_as_it_was();
}

TEST_F(HostSession, TargetReportsWhereItRan) {
  std::vector<std::string> told;
  const auto target =
      make_host_target_on(machine, {}, [&](const std::string& text) { told.push_back(text); });
  RunRequest request;
  request.jumps = 3;
  request.deadline_ms = 5000;
  const RunReport report = target->run(test::small_image(), request).value();
  EXPECT_EQ(report.target, "host");
  EXPECT_EQ(report.door, "kexec");
  EXPECT_EQ(report.kernel, "6.12.117+deb12-amd64");
  EXPECT_EQ(report.jumps.size(), 3U);
  EXPECT_THAT(told, ::testing::Contains("jump 2 of 3"));
  expect_left_as_it_was();
}

TEST_F(HostSession, LaterFailureKeepsEarlierResults) {
  const auto good = machine.on_reboot;
  machine.on_reboot = [&, jumps = 0]() mutable { return ++jumps == 1 ? good() : EBUSY; };
  RunRequest request;
  request.jumps = 3;
  const RunReport report = make_host_target_on(machine, {}, {})->run(test::small_image(), request).value();
  ASSERT_EQ(report.jumps.size(), 2U);
  EXPECT_EQ(report.jumps[0].outcome, abi::Outcome::kReturned);
  EXPECT_EQ(report.jumps[1].outcome, abi::Outcome::kRefused);
  EXPECT_THAT(report.jumps[1].reason, HasSubstr("did not jump"));
}

// The test's own handler: without one the signal would end the test when the session lets it in.
volatile std::sig_atomic_t arrived = 0;

TEST_F(HostSession, SignalsWaitUntilTheImageIsUnloaded) {
  const auto before = std::signal(SIGTERM, [](int) { arrived = 1; });
  const auto good = machine.on_reboot;
  machine.on_reboot = [&] {
    std::raise(SIGTERM);
    EXPECT_EQ(arrived, 0);
    return good();
  };
  RunRequest request;
  request.jumps = 3;
  const RunReport report = make_host_target_on(machine, {}, {})->run(test::small_image(), request).value();
  EXPECT_EQ(report.jumps.size(), 1U);
  EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr("interrupted after jump 1 of 3")));
  EXPECT_EQ(arrived, 1);
  std::signal(SIGTERM, before);
  machine.answer();
  expect_left_as_it_was();
}

}  // namespace
}  // namespace kjump
