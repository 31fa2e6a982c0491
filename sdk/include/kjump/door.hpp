// SPDX-License-Identifier: MIT
/// Doors: how Linux lets go of the processor and takes it back. The kexec door is the only one yet.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kjump/doctor.hpp>
#include <kjump/image.hpp>
#include <kjump/result.hpp>

namespace kjump {

/// TSC values around one passage, taken in user space on CPU 0.
struct Passage {
  std::uint64_t tsc_before = 0;
  std::uint64_t tsc_after = 0;
  std::vector<std::string> notes;  ///< remarks for the user
};

class Door {
 public:
  Door() = default;
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  Door(Door&&) = delete;
  Door& operator=(Door&&) = delete;
  virtual ~Door() = default;
  [[nodiscard]] virtual std::string name() const = 0;

  /// What this door needs of the machine, one check each. Touches nothing.
  [[nodiscard]] virtual std::vector<Check> examine() = 0;

  /// Can it open on this machine, now? The first failure of examine(): why not and what to do.
  [[nodiscard]] Result<void> can_open() { return first_failure(examine()); }

  /// Fills in what this door's way back needs (kernel GDT, ...). Touches nothing.
  [[nodiscard]] virtual Result<void> describe(abi::LoaderParameters& parameters) = 0;

  /// Puts the segments where the jump will find them. Call put_back() afterwards, whatever happens.
  [[nodiscard]] virtual Result<void> prepare(const ImageInfo& info, const std::vector<Segment>& segments) = 0;

  /// Jumps and comes back. May be called again and again after one prepare().
  [[nodiscard]] virtual Result<Passage> go_through() = 0;

  /// Undoes prepare(); harmless when there is nothing to undo.
  [[nodiscard]] virtual Result<void> put_back() = 0;
};

[[nodiscard]] std::unique_ptr<Door> make_kexec_door();

}  // namespace kjump
