// SPDX-License-Identifier: MIT
/// Opening a session on a given machine through a given door: what Session::open() and the tests call.
#pragma once

#include <cstdint>
#include <memory>

#include <kjump/door.hpp>
#include <kjump/session.hpp>

#include "host/system.hpp"

namespace kjump {

/// `system` must outlive the session. Without a door the options say which to take.
[[nodiscard]] Result<Session> open_session(System& system, std::unique_ptr<Door> door, const Image& image);
[[nodiscard]] Result<Session> open_session(System& system, const DoorOptions& options, const Image& image);

/// What an earlier session knew of the image that it has left loaded: the payload believes the exchange only
/// with the nonce that it was loaded with.
struct LeftLoaded {
  std::uint64_t nonce = 0;
  std::uint32_t sequence = 0;  ///< of its last jump
};

/// A session with an image that is loaded already. The door has been told so.
[[nodiscard]] Result<Session> adopt_session(System& system, std::unique_ptr<Door> door, const Image& image,
                                            const LeftLoaded& left);

/// The machine that this program runs on.
[[nodiscard]] System& this_machine();

/// The host target on a given machine.
[[nodiscard]] std::unique_ptr<Target> make_host_target_on(System& system, const DoorOptions& door,
                                                          Progress progress);

}  // namespace kjump
