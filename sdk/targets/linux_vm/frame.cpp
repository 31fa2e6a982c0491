// SPDX-License-Identifier: MIT
#include "targets/linux_vm/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <type_traits>

namespace kjump::targets {
namespace {

constexpr std::array<char, 8> kMagic{'K', 'J', 'U', 'M', 'P', 'F', 'R', '1'};

struct Header {
  std::array<char, 8> magic;
  std::uint64_t nonce;
  std::uint64_t body_bytes;
  std::uint64_t checksum;  ///< of the body
};
static_assert(sizeof(Header) == 32 && std::is_trivially_copyable_v<Header>);

// FNV-1a. Guards against damage, not against malice: a job is root in its guest anyway.
std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const std::byte byte : bytes) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001B3;
  }
  return hash;
}

class BodyWriter {
 public:
  void number(std::uint64_t value) { raw(std::as_bytes(std::span(&value, 1))); }
  void blob(std::span<const std::byte> bytes) {
    number(bytes.size());
    raw(bytes);
  }
  void text(const std::string& text) { blob(std::as_bytes(std::span(text))); }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void raw(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte> bytes_;
};

// Takes parts off the front; after the first one that does not fit it only gives empty ones.
class BodyReader {
 public:
  explicit BodyReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (const auto bytes = take(sizeof value); bytes.size() == sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return value;
  }
  std::vector<std::byte> blob() {
    const auto bytes = take(number());
    return {bytes.begin(), bytes.end()};
  }
  std::string text() {
    const auto bytes = take(number());
    std::string out(bytes.size(), '\0');
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }
  [[nodiscard]] bool complete() const { return good_ && rest_.empty(); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::span<const std::byte> take(std::uint64_t count) {
    if (!good_ || count > rest_.size()) {
      good_ = false;
      return {};
    }
    const auto part = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(part.size());
    return part;
  }
  std::span<const std::byte> rest_;
  bool good_ = true;
};

Result<JobResult> decode_body(std::span<const std::byte> body) {
  BodyReader reader(body);
  JobResult result;
  result.exit_code = static_cast<int>(static_cast<std::int64_t>(reader.number()));
  result.out = reader.text();
  result.err = reader.text();
  for (std::uint64_t left = reader.number(); left > 0 && reader.good(); --left) {
    std::string path = reader.text();
    result.files[std::move(path)] = reader.blob();
  }
  if (!reader.complete()) {
    return fail(ErrorCode::kMalformed, "the guest's result does not parse", kAgentPort);
  }
  return result;
}

// The frame at the start of `stream`, or why it does not count.
Result<JobResult> read_frame(std::span<const std::byte> stream, std::uint64_t nonce) {
  Header header{};
  if (stream.size() < sizeof header) {
    return fail(ErrorCode::kGuest, "the guest's result is cut off within its header", kAgentPort);
  }
  std::memcpy(&header, stream.data(), sizeof header);
  const auto body = stream.subspan(sizeof header);
  if (header.nonce != nonce) {
    return fail(ErrorCode::kGuest,
                fmt::format("the guest sent a result with a foreign nonce, {:016x} instead of {:016x}",
                            header.nonce, nonce),
                kAgentPort);
  }
  if (header.body_bytes > body.size()) {
    return fail(
        ErrorCode::kGuest,
        fmt::format("the guest's result is cut off after {} of {} bytes", body.size(), header.body_bytes),
        kAgentPort);
  }
  const auto whole = body.first(static_cast<std::size_t>(header.body_bytes));
  if (checksum_of(whole) != header.checksum) {
    return fail(ErrorCode::kGuest, "the guest's result is damaged, its checksum does not match", kAgentPort);
  }
  return decode_body(whole);
}

}  // namespace

std::vector<std::byte> encode_frame(std::uint64_t nonce, const JobResult& result) {
  BodyWriter body;
  body.number(static_cast<std::uint64_t>(result.exit_code));
  body.text(result.out);
  body.text(result.err);
  body.number(result.files.size());
  for (const auto& [path, content] : result.files) {
    body.text(path);
    body.blob(content);
  }
  const Header header{kMagic, nonce, body.bytes().size(), checksum_of(body.bytes())};
  std::vector<std::byte> frame(sizeof header + body.bytes().size());
  std::memcpy(frame.data(), &header, sizeof header);
  std::copy(body.bytes().begin(), body.bytes().end(), frame.begin() + sizeof header);
  return frame;
}

Result<JobResult> find_frame(std::span<const std::byte> stream, std::uint64_t nonce) {
  if (stream.empty()) {
    return fail(ErrorCode::kGuest, "the guest sent no result", kAgentPort);
  }
  const auto magic = std::as_bytes(std::span(kMagic));
  // The last reason wins: a good frame may follow a bad one.
  Error reason{ErrorCode::kGuest,
               fmt::format("the guest sent {} bytes that are no result", stream.size()),
               kAgentPort,
               {},
               0};
  auto at = stream.begin();
  while ((at = std::search(at, stream.end(), magic.begin(), magic.end())) != stream.end()) {
    auto result = read_frame(stream.subspan(static_cast<std::size_t>(at - stream.begin())), nonce);
    if (result) {
      return result;
    }
    reason = result.error();
    ++at;
  }
  return Failure(reason);
}

}  // namespace kjump::targets
