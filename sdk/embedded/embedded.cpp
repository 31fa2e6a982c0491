// SPDX-License-Identifier: MIT
#include "embedded/embedded.hpp"

extern "C" {
extern const std::byte kjump_batch_image[];
extern const std::byte kjump_batch_image_end[];
extern const std::byte kjump_save_image[];
extern const std::byte kjump_save_image_end[];
extern const std::byte kjump_restore_image[];
extern const std::byte kjump_restore_image_end[];
extern const std::byte kjump_crossing_image[];
extern const std::byte kjump_crossing_image_end[];
extern const std::byte kjump_vm_carrier[];
extern const std::byte kjump_vm_carrier_end[];
extern const std::byte kjump_boot_sector[];
extern const std::byte kjump_boot_sector_end[];
extern const std::byte kjump_boot_block[];
extern const std::byte kjump_boot_block_end[];
extern const std::byte kjump_multiboot[];
extern const std::byte kjump_multiboot_end[];
}

namespace kjump {

std::span<const std::byte> embedded_batch_image() {
  return {kjump_batch_image, kjump_batch_image_end};
}

std::span<const std::byte> embedded_save_image() {
  return {kjump_save_image, kjump_save_image_end};
}

std::span<const std::byte> embedded_restore_image() {
  return {kjump_restore_image, kjump_restore_image_end};
}

std::span<const std::byte> embedded_crossing_image() {
  return {kjump_crossing_image, kjump_crossing_image_end};
}

std::span<const std::byte> embedded_vm_carrier() {
  return {kjump_vm_carrier, kjump_vm_carrier_end};
}

std::span<const std::byte> embedded_boot_sector() {
  return {kjump_boot_sector, kjump_boot_sector_end};
}

std::span<const std::byte> embedded_boot_block() {
  return {kjump_boot_block, kjump_boot_block_end};
}

std::span<const std::byte> embedded_multiboot() {
  return {kjump_multiboot, kjump_multiboot_end};
}

}  // namespace kjump
