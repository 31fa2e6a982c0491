// SPDX-License-Identifier: MIT
// Rule: a guest's result counts only whole, undamaged and with this run's nonce; whatever else came through
// the port is named for what it is and never crashes the reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "targets/linux_vm/frame.hpp"
#include "targets/linux_vm/job_file.hpp"

namespace kjump::targets {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kNonce = 0x0123456789ABCDEF;

JobResult sample() {
  JobResult result;
  result.exit_code = 137;
  result.out = std::string("out\0put", 7);
  result.err = "error";
  result.files["/a"] = {std::byte{1}, std::byte{2}};
  result.files["/empty"] = {};
  return result;
}

TEST(Frame, BringsBackWhatWasSent) {
  auto stream = encode_frame(kNonce, sample());
  stream.insert(stream.begin(), 5, std::byte{'x'});  // a kernel may greet
  stream.push_back(std::byte{0});
  const auto result = find_frame(stream, kNonce);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 137);
  EXPECT_EQ(result->out, sample().out);
  EXPECT_EQ(result->err, "error");
  EXPECT_EQ(result->files, sample().files);
}

TEST(Frame, FindsTheRightOneBehindForeignOnes) {
  auto stream = encode_frame(kNonce + 1, sample());
  const auto mine = encode_frame(kNonce, JobResult{});
  stream.insert(stream.end(), mine.begin(), mine.end());
  const auto result = find_frame(stream, kNonce);
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(result->exit_code, 0);
}

TEST(Frame, NamesAForeignNonce) {
  const auto result = find_frame(encode_frame(7, sample()), kNonce);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kGuest);
  EXPECT_THAT(result.error().what, HasSubstr("foreign nonce, 0000000000000007 instead of 0123456789abcdef"));
}

TEST(Frame, IsRefusedWhenCutOffAnywhere) {
  const auto frame = encode_frame(kNonce, sample());
  for (std::size_t length = 0; length < frame.size(); ++length) {
    const auto result = find_frame(std::span(frame).first(length), kNonce);
    ASSERT_FALSE(result) << length;
    EXPECT_THAT(result.error().what, HasSubstr(length == 0  ? "no result"
                                               : length < 8 ? "are no result"
                                                            : "cut off"));
  }
}

TEST(Frame, IsRefusedWhenAnyBitFlips) {
  const auto frame = encode_frame(kNonce, sample());
  for (std::size_t i = 0; i < frame.size() * 8; ++i) {
    auto damaged = frame;
    damaged[i / 8] ^= static_cast<std::byte>(1U << i % 8);
    EXPECT_FALSE(find_frame(damaged, kNonce)) << "bit " << i;
  }
}

TEST(Frame, SurvivesRandomBytes) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes every time
  for (int round = 0; round < 200; ++round) {
    auto stream = encode_frame(kNonce, sample());
    for (int i = 0; i < 8; ++i) {
      stream.at(random() % stream.size()) = static_cast<std::byte>(random());
    }
    static_cast<void>(find_frame(stream, kNonce));
  }
}

TEST(JobFile, RoundTripsAndRefusesRubbish) {
  const auto job = decode_job(
      encode_job({kNonce, {"sh", "-c", "echo \"$1\"\n"}, {"/out"}, {"/kjump/modules/a.ko"}, false}));
  ASSERT_TRUE(job) << job.error().text();
  EXPECT_EQ(job->nonce, kNonce);
  EXPECT_EQ(job->arguments, (std::vector<std::string>{"sh", "-c", "echo \"$1\"\n"}));
  EXPECT_EQ(job->outputs, std::vector<std::string>{"/out"});
  EXPECT_FALSE(job->echo);
  for (const char* text :
       {"", "{}", "[]", "{\"nonce\":\"x\"}", "{\"nonce\":1,\"arguments\":1,\"outputs\":[]}"}) {
    EXPECT_FALSE(decode_job(text)) << text;
  }
}

}  // namespace
}  // namespace kjump::targets
