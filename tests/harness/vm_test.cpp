// SPDX-License-Identifier: MIT
// Rule: the vm target believes memory that carries this run's nonce and nothing else; a machine that is lost
// is an error that says how far it came; an image that breaks the return contract is called out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include <kjump/abi/image.hpp>
#include <kjump/image.hpp>
#include <kjump/target.hpp>

#include "harness/guests.hpp"
#include "harness/scratch.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint32_t kCode = abi::kRealBase;
constexpr std::uint32_t kParameters = kCode + 0x100;

/// An image of one page that the kernel would enter in 64-bit mode; no stub of ours in it.
Image image_of(const std::vector<unsigned char>& code) {
  Segment segment{kCode, abi::kPageBytes, std::vector<std::byte>(abi::kPageBytes)};
  std::memcpy(segment.content.data(), code.data(), code.size());
  const abi::LoaderParameters parameters;
  std::memcpy(segment.content.data() + (kParameters - kCode), &parameters, sizeof parameters);
  ImageInfo info;
  info.name = "harness";
  info.version = "0";
  info.kexec_entry = kCode;
  info.parameters = kParameters;
  info.exchange_base = abi::kExchangeBase;
  info.exchange_bytes = abi::kExchangeBytes;
  auto image = Image::build(info, {segment}, {});
  EXPECT_TRUE(image) << image.error().text();
  return *image;
}

class Vm : public Scratch {
 protected:
  Result<RunReport> run(const std::vector<unsigned char>& code, MachineOptions options = {}) {
    RunRequest request;
    request.deadline_ms = 1000;
    return make_vm_target(std::move(options))->run(image_of(code), request);
  }

  // The one directory that the sdk has left, with the logs of the failure.
  void expect_evidence(const Error& error) {
    ASSERT_FALSE(tidy());
    const std::filesystem::path kept = *std::filesystem::directory_iterator(directory());
    EXPECT_THAT(error.text(), HasSubstr(kept.string()));
    EXPECT_TRUE(std::filesystem::exists(kept / "serial.log"));
    EXPECT_THAT(targets::read_log(kept / "command.txt"), HasSubstr("-kernel"));
  }
};

const std::vector<unsigned char> kUndefinedInstruction{0x0F, 0x0B};
const std::vector<unsigned char> kPlainReturn{0xC3};

TEST_F(Vm, NamesTheJumpThatWasLost) {
  const auto report = run(kUndefinedInstruction);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("jump 1 was lost before the stub's first instruction"));
  EXPECT_THAT(report.error().what, HasSubstr("triple-faulted"));
  expect_evidence(report.error());
}

TEST_F(Vm, CallsOutAnImageThatBreaksTheReturnContract) {
  const auto report = run(kPlainReturn);
  ASSERT_TRUE(report) << report.error().text();
  ASSERT_EQ(report->jumps.size(), 1U);
  EXPECT_EQ(report->jumps[0].outcome, abi::Outcome::kRefused);  // nobody has touched the exchange
  EXPECT_FALSE(report->breaches.empty());
  EXPECT_TRUE(tidy());
}

TEST_F(Vm, DoesNotBelieveACarrierThatOnlyClaims) {
  set("KJUMP_VM_CARRIER", guest("lying_carrier").string());
  const auto report = run(kPlainReturn);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kGuest);
  EXPECT_THAT(report.error().what, HasSubstr("it left no result of this run"));
  expect_evidence(report.error());
}

TEST_F(Vm, DoesNotBelieveTheResultOfAnotherRun) {
  set("KJUMP_VM_CARRIER", guest("stale_carrier").string());
  const auto report = run(kPlainReturn);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("it left no result of this run"));
}

TEST_F(Vm, KeepsArtifactsWhereTheCallerWantsThem) {
  MachineOptions options;
  options.artifacts = directory() / "wanted";
  const auto report = run(kPlainReturn, options);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->log, options.artifacts / "serial.log");
  EXPECT_TRUE(std::filesystem::exists(options.artifacts / "command.txt"));
}

TEST_F(Vm, RefusesImpossibleMachinesBeforeStartingThem) {
  MachineOptions small;
  small.memory_mib = 32;
  EXPECT_EQ(run(kPlainReturn, small).error().code, ErrorCode::kLimit);
  MachineOptions diskless;
  diskless.disks.push_back({"/nonexistent/disk.img", DiskBus::kIde, false});
  EXPECT_THAT(run(kPlainReturn, diskless).error().text(), HasSubstr("/nonexistent/disk.img"));
  EXPECT_TRUE(tidy());
}

}  // namespace
}  // namespace kjump::harness
