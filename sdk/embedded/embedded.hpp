// SPDX-License-Identifier: MIT
/// Images that the build puts into the library.
#pragma once

#include <cstddef>
#include <span>

namespace kjump {

/// The batch payload (runtime/bios_batch), a jump image.
[[nodiscard]] std::span<const std::byte> embedded_batch_image();

/// The two payloads of hibernation (runtime/hibernate), jump images.
[[nodiscard]] std::span<const std::byte> embedded_save_image();
[[nodiscard]] std::span<const std::byte> embedded_restore_image();

/// From one kernel into another (runtime/two_kernels), a jump image.
[[nodiscard]] std::span<const std::byte> embedded_crossing_image();

/// The vm target's carrier (stubs/vm_carrier), a Multiboot ELF file.
[[nodiscard]] std::span<const std::byte> embedded_vm_carrier();

/// What starts an image from firmware (abi/boot.hpp), to be filled in by sdk/boot: the boot sector's code,
/// the boot block, the Multiboot program without plan.
[[nodiscard]] std::span<const std::byte> embedded_boot_sector();
[[nodiscard]] std::span<const std::byte> embedded_boot_block();
[[nodiscard]] std::span<const std::byte> embedded_multiboot();

}  // namespace kjump
