// SPDX-License-Identifier: MIT
/// A first kernel that is saved by its second one, whose machine is switched off then, and that goes on in a
/// new machine with the same disks. The shell is what a user would type.
///
/// In the new machine boots a kernel C1, which starts a kernel C where the second one was; C restores the
/// first one and is its second one from then on.
#pragma once

#include <optional>
#include <string>

#include "kernels_two/pair.hpp"

namespace kjump::tests {

inline constexpr const char* kReservation = "memmap=96M$0x8000000";
inline constexpr const char* kInReservation = "--memory 96M --place reserved";
inline constexpr const char* kAtReservation = "--memory 96M --at 0x8000000";

/// What the second kernel does in its visits: saves in one that was started with role=save, restores in one
/// with role=restore. `save` and `restore` are shell; $dump is the fourth disk.
inline std::string visit_script(const std::string& device, const std::string& save,
                                const std::string& restore) {
  return "dump=" + device + R"sh(
[ $1 = 1 ] || { echo there; return; }
case "$(cat /proc/cmdline)" in
*role=save*)
)sh" + save +
         R"sh(
;;
*role=restore*)
)sh" + restore +
         R"sh(
;;
esac
)sh";
}

class Revival {
 public:
  Revival(PairShape shape, const std::string& save, const std::string& restore, unsigned dump_mib = 512)
      : visit_(visit_script(disk_device(shape.bus, 3), save, restore)), pair_(with_visit(shape, dump_mib)) {
    pair_.guest().job.limit = std::chrono::seconds(900);
  }

  [[nodiscard]] Pair& pair() { return pair_; }

  /// A's life, until it is switched off.
  [[nodiscard]] bool save(const std::string& script) { return save_without_work(pair_.work() + script); }
  [[nodiscard]] bool save_without_work(const std::string& script) {
    pair_.guest().job.script = pair_.second_prologue() + script;
    auto off = LinuxVm(pair_.guest().options).run_until_power_off(pair_.guest().job);
    EXPECT_TRUE(off) << off.error().text();
    if (off) {
      saved_.emplace(*std::move(off));
    }
    return saved_.has_value();
  }

  /// A new machine, in which the script is to bring A back; the rest of A's life.
  [[nodiscard]] JobResult restore(const std::string& script = kStartRestorer) {
    auto result = LinuxVm(second_options()).resume(*saved_, power_on(script));
    if (!result) {
      ADD_FAILURE() << result.error().text();
      return JobResult{.exit_code = -1, .out = {}, .err = {}, .files = {}, .console = {}};
    }
    return *std::move(result);
  }

  /// A new machine that does not bring A back.
  [[nodiscard]] JobResult run_anew(const std::string& script,
                                   const std::optional<LinuxVmOptions>& options = {}) {
    Job job = pair_.guest().job;
    job.script = restorer_prologue() + script;
    auto result = LinuxVm(options.value_or(second_options())).run(job);
    EXPECT_TRUE(result) << result.error().text();
    return result ? *std::move(result)
                  : JobResult{.exit_code = -1, .out = {}, .err = {}, .files = {}, .console = {}};
  }

  /// C1 runs with one processor and keeps C's memory back.
  [[nodiscard]] LinuxVmOptions second_options() {
    LinuxVmOptions options = pair_.guest().options;
    options.extra_command_line = std::string(kReservation) + " maxcpus=1";
    return options;
  }

  static constexpr const char* kStartRestorer =
      "kjump kernel run /k/bzImage --initrd /k/initrd --append \"$append role=restore\" --memory 96M "
      "--at 0x8000000\n";

 private:
  [[nodiscard]] PairShape with_visit(PairShape shape, unsigned dump_mib) const {
    shape.second_visit = visit_.c_str();
    shape.dump_mib = dump_mib;
    shape.append = shape.append[0] != '\0' ? shape.append : kReservation;
    return shape;
  }
  /// As A's, without its work: C1 must leave A's disks alone.
  [[nodiscard]] std::string restorer_prologue() const { return pair_.second_prologue(); }
  [[nodiscard]] PowerOn power_on(const std::string& script) {
    PowerOn how;
    how.with = PowerOn::With::kLinux;
    how.job = pair_.guest().job;
    how.job.script = restorer_prologue() + script;
    return how;
  }

  std::string visit_;
  Pair pair_;
  std::optional<SuspendedJob> saved_;
};

}  // namespace kjump::tests
