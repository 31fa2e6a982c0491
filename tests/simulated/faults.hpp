// SPDX-License-Identifier: MIT
/// What is done to a hibernating machine, what has to come of it, and what did. faults.cpp runs them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/save.hpp>

#include "simulated/runs.hpp"

namespace kjump::simulated {

struct Injection {
  std::string where;                 ///< "save, power cut"
  std::string what;                  ///< "with write 7 of 24, all that no flush covered is lost"
  std::string expected;              ///< how it has to end, in the words of seen()
  std::function<std::string()> run;  ///< makes it happen and says how it ended
};

// One file for each kind.
[[nodiscard]] std::vector<Injection> power_injections();    ///< faults_power.cpp
[[nodiscard]] std::vector<Injection> device_injections();   ///< faults_device.cpp
[[nodiscard]] std::vector<Injection> record_injections();   ///< faults_records.cpp
[[nodiscard]] std::vector<Injection> header_injections();   ///< faults_header.cpp
[[nodiscard]] std::vector<Injection> content_injections();  ///< faults_content.cpp
[[nodiscard]] std::vector<Injection> machine_injections();  ///< faults_machine.cpp
[[nodiscard]] std::vector<Injection> user_injections();     ///< faults_user.cpp

/// The machine that all of them happen to: an image is on its disk, saved when memory held `first`.
class Scene {
 public:
  Machine machine;
  Machine::Memory first;
  Machine::Memory second;  ///< what it holds where a save begins

  explicit Scene(const Shape& shape);

  /// As after the first image was saved: off, memory forgotten.
  void switch_off();
  /// As after that, booted without it: other work in memory, and about to be saved.
  void begin_save();
  /// The disk's content goes back to what switch_off() makes it, and the requests.
  void mend();

  /// Started again: which image comes back, or why none does.
  [[nodiscard]] std::string next_boot();
  /// A restore that must end in a refusal: its reason, if memory is as it was and nothing else went wrong.
  [[nodiscard]] std::string refusal();
  /// A save that must come back: its reason, if memory is as it was.
  [[nodiscard]] std::string told();

 private:
  std::vector<std::uint8_t> disk_;
  format::SaveRequest save_request_{};
  format::RestoreRequest restore_request_{};
};

/// There is one machine at a time: a scene ends where the next one of another shape begins.
[[nodiscard]] Scene& scene();        ///< with room for two images
[[nodiscard]] Scene& tight_scene();  ///< whose store holds one image only
[[nodiscard]] Scene& large_scene();  ///< with more memory

/// refusal(); the damage mended, the same image must come back whole.
[[nodiscard]] std::string refused_and_mended(Scene& at);

inline constexpr const char* kOlder = "the older image is restored";
inline constexpr const char* kNewer = "the newer image is restored";
inline constexpr const char* kRestored = "restored";
inline constexpr const char* kNoImage = "refused: the store holds no image to go on from";
inline constexpr const char* kNoDisk = "refused: no disk that can be reached holds the store";
inline constexpr const char* kHeader = "refused: the image's header is damaged";
inline constexpr const char* kTables = "refused: the image's tables are damaged";

}  // namespace kjump::simulated
