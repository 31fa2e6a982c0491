// SPDX-License-Identifier: MIT
/// A session: one image loaded on this machine, and the jumps made into it. Payload memory persists from
/// jump to jump. For a single run with equal requests, make_host_target() is simpler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kjump/door.hpp>
#include <kjump/image.hpp>
#include <kjump/result.hpp>
#include <kjump/target.hpp>

namespace kjump {

/// The same as in RunRequest.
struct JumpOptions {
  std::uint32_t deadline_ms = 0;  ///< 0: the image's own, else kDefaultDeadlineMs
  std::uint32_t call_deadline_ms = 0;
  std::uint32_t contract_classes = 0;
};

/// What the memory of bulk requests and replies is made of. kLarge: whole pages of 2 MiB, each 2 MiB apart
/// from or right after the other; the reply's come first when there is no request.
enum class BulkPages { kAny, kLarge };

/// Only one session exists on a machine at a time. While it does, SIGINT, SIGTERM and SIGHUP are held
/// back, so that the image is unloaded and low memory put back whatever happens.
class Session {
 public:
  struct State;  ///< of the implementation

  /// Checks the machine (the checks of examine_host()), takes the exchange, loads the image. An error
  /// means that the machine is as it was.
  [[nodiscard]] static Result<Session> open(const Image& image, const DoorOptions& door = {});

  explicit Session(std::unique_ptr<State> state);
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Pins memory for a bulk request and for `reply_room` bytes of a bulk reply, which all later jumps get; up
  /// to 1 GiB each. An error means that there is none of either.
  [[nodiscard]] Result<void> set_bulk(std::span<const std::byte> request, std::uint64_t reply_room,
                                      BulkPages pages = BulkPages::kAny);

  /// The first bytes of the room, as the payload left it. Valid until set_bulk() or close().
  [[nodiscard]] std::span<const std::byte> bulk_reply(std::uint64_t bytes) const;

  /// Jumps and comes back. An error means that the kernel did not jump; what the payload did wrong is in the
  /// report.
  [[nodiscard]] Result<JumpReport> jump(std::span<const std::byte> request, const JumpOptions& options = {});

  /// Unloads the image and puts the exchange's memory back. The destructor does the same, but cannot
  /// tell when it fails. May be called twice.
  [[nodiscard]] Result<void> close();

  /// One of the held signals has arrived: the caller should come to an end.
  [[nodiscard]] bool interrupted() const;

  [[nodiscard]] std::string door() const;         ///< "kexec" or "wake"
  [[nodiscard]] std::string door_reason() const;  ///< why that one
  [[nodiscard]] std::string kernel() const;       ///< uname -r
  /// Remarks for the user that have come up since the session was opened.
  [[nodiscard]] const std::vector<std::string>& notes() const;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace kjump
