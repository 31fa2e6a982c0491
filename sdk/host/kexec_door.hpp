// SPDX-License-Identifier: MIT
/// The kexec door: reboot(LINUX_REBOOT_CMD_KEXEC) into an image loaded with KEXEC_PRESERVE_CONTEXT.
#pragma once

#include <optional>
#include <string>
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

 private:
  /// Looked for once: reading /proc/kallsyms takes a while.
  [[nodiscard]] const KernelGdtSearch& gdt(const Kernel& kernel);

  System& system_;
  std::optional<KernelGdtSearch> gdt_;
  bool loaded_ = false;
};

}  // namespace kjump
