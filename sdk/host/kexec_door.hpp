// SPDX-License-Identifier: MIT
/// The kexec door: reboot(LINUX_REBOOT_CMD_KEXEC) into an image loaded with KEXEC_PRESERVE_CONTEXT.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kjump/door.hpp>

#include "host/kernel_gdt.hpp"
#include "host/system.hpp"

namespace kjump {

class KexecDoor final : public Door {
 public:
  /// `system` must outlive the door.
  explicit KexecDoor(System& system) : system_(system) {}
  KexecDoor(const KexecDoor&) = delete;
  KexecDoor& operator=(const KexecDoor&) = delete;
  KexecDoor(KexecDoor&&) = delete;
  KexecDoor& operator=(KexecDoor&&) = delete;
  ~KexecDoor() override;

  [[nodiscard]] std::string name() const override { return "kexec"; }
  [[nodiscard]] std::vector<Check> examine() override;
  [[nodiscard]] Result<void> describe(abi::LoaderParameters& parameters) override;
  [[nodiscard]] Result<void> prepare(const ImageInfo& info, const std::vector<Segment>& segments) override;
  [[nodiscard]] Result<Passage> go_through() override;
  [[nodiscard]] Result<void> put_back() override;

  /// Memory above the first MiB that prepare() loads together with the image, so that the kernel swaps it in
  /// and out with it. The caller has seen to it that it may be swapped.
  void also_load(std::vector<Segment> memory) { memory_ = std::move(memory); }
  /// The image is loaded already, and this door's to jump into: prepare() loads nothing, put_back() unloads
  /// nothing.
  void adopt() { adopted_ = true; }
  /// From now on the image stays loaded when it is put back and when the door goes.
  void leave_loaded() { adopted_ = true; }

 private:
  /// Looked for once: reading /proc/kallsyms takes a while.
  [[nodiscard]] const KernelGdtSearch& gdt(const Kernel& kernel);

  System& system_;
  std::optional<KernelGdtSearch> gdt_;
  std::vector<Segment> memory_;
  bool loaded_ = false;
  bool adopted_ = false;
};

}  // namespace kjump
