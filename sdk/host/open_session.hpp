// SPDX-License-Identifier: MIT
/// Opening a session on a given machine through a given door: what Session::open() and the tests call.
#pragma once

#include <memory>

#include <kjump/door.hpp>
#include <kjump/session.hpp>

#include "host/system.hpp"

namespace kjump {

/// `system` must outlive the session. Without a door the options say which to take.
[[nodiscard]] Result<Session> open_session(System& system, std::unique_ptr<Door> door, const Image& image);
[[nodiscard]] Result<Session> open_session(System& system, const DoorOptions& options, const Image& image);

/// The machine that this program runs on.
[[nodiscard]] System& this_machine();

/// The host target on a given machine.
[[nodiscard]] std::unique_ptr<Target> make_host_target_on(System& system, const DoorOptions& door,
                                                          Progress progress);

}  // namespace kjump
