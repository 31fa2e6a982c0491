// SPDX-License-Identifier: MIT
#include "embedded/embedded.hpp"

extern "C" {
extern const std::byte kjump_batch_image[];
extern const std::byte kjump_batch_image_end[];
extern const std::byte kjump_save_image[];
extern const std::byte kjump_save_image_end[];
extern const std::byte kjump_restore_image[];
extern const std::byte kjump_restore_image_end[];
extern const std::byte kjump_vm_carrier[];
extern const std::byte kjump_vm_carrier_end[];
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

std::span<const std::byte> embedded_vm_carrier() {
  return {kjump_vm_carrier, kjump_vm_carrier_end};
}

}  // namespace kjump
