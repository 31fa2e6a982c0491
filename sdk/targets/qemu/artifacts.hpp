// SPDX-License-Identifier: MIT
/// The directory in which one run leaves what explains it: logs and the command line to repeat it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kjump/result.hpp>

namespace kjump::targets {

class Artifacts {
 public:
  /// `wanted` (made when it does not exist), or a fresh directory under ${TMPDIR:-/tmp} when it is empty.
  [[nodiscard]] static Result<Artifacts> create(const std::filesystem::path& wanted);

  Artifacts(Artifacts&& other) noexcept;
  Artifacts& operator=(Artifacts&&) = delete;
  Artifacts(const Artifacts&) = delete;
  Artifacts& operator=(const Artifacts&) = delete;
  /// Removes a directory of ours, unless somebody wanted it kept, and in any case what is confidential.
  ~Artifacts();

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::filesystem::path serial_log() const { return directory_ / "serial.log"; }
  [[nodiscard]] std::filesystem::path debug_log() const { return directory_ / "debugcon.log"; }
  [[nodiscard]] std::filesystem::path qemu_log() const { return directory_ / "qemu.log"; }
  [[nodiscard]] std::filesystem::path qemu_output() const { return directory_ / "qemu.out"; }
  [[nodiscard]] std::filesystem::path qemu_errors() const { return directory_ / "qemu.err"; }
  [[nodiscard]] std::filesystem::path command() const { return directory_ / "command.txt"; }

  /// The place of a file that holds requests or replies: it goes with this object, unless the run has failed
  /// and is to be repeated.
  [[nodiscard]] std::filesystem::path confidential(const std::string& name);

  /// True when the caller chose the place, so that the files will still be there after this object.
  [[nodiscard]] bool kept() const { return !remove_; }
  /// After a failure: everything stays.
  void keep();

 private:
  Artifacts(std::filesystem::path directory, bool remove)
      : directory_(std::move(directory)), remove_(remove) {}

  std::filesystem::path directory_;
  bool remove_ = false;
  std::vector<std::filesystem::path> confidential_;
};

}  // namespace kjump::targets
