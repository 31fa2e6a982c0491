// SPDX-License-Identifier: MIT
// Video modes by VBE 3.0, all in one jump.
//
// Bounce buffer: the controller's block at 0, one mode's block behind it. The list of modes usually
// lies inside the controller's block, so the latter must stay as it is until the last mode is asked.
#include <cstddef>
#include <cstring>

#include <kjump/bios_calls.hpp>

#include "bios/typed.hpp"

namespace kjump::bios {

namespace {

constexpr std::uint32_t kControllerBytes = 512;  // VBE 3.0 section 4.3, 'VBE2' given
constexpr std::uint32_t kListPointer = 0x0E;     // far pointer to the list of modes
constexpr std::uint32_t kModeOffset = kControllerBytes;
constexpr std::uint32_t kModeBytes = 64;   // of 256 that firmware writes: all that is defined
constexpr std::uint16_t kMostModes = 220;  // what a reply holds next to the other answers
constexpr std::uint16_t kVbeOk = 0x004F;

static_assert(kControllerBytes + 4 * abi::kBatchResultBytes +
                  kMostModes * (abi::kBatchResultBytes + kModeBytes) <
              abi::kReplyCapacity);

enum VideoSteps : std::uint32_t { kCurrent, kController, kMode, kCurrentVbe };

/// 'VBE2', and an empty list of modes in case that nothing answers: a null pointer would make the
/// interrupt vectors a list of modes.
std::vector<std::byte> controller_input() {
  std::vector<std::byte> input(kControllerBytes);
  const std::uint16_t end_of_list = 0xFFFF;
  const std::uint32_t end_offset = kControllerBytes - sizeof(end_of_list);
  const std::uint32_t pointer = abi::kBounceSegment << 16 | end_offset;
  std::memcpy(input.data(), "VBE2", 4);
  std::memcpy(input.data() + kListPointer, &pointer, sizeof(pointer));
  std::memcpy(input.data() + end_offset, &end_of_list, sizeof(end_of_list));
  return input;
}

bool succeeded(const CallResult& call) {
  return low16(call.registers.eax) == kVbeOk;
}

/// The number of the mode that a call asked for: from the list where the controller's block holds it,
/// else CX, which firmware should have left alone (T15).
std::uint16_t mode_number(const CallResult& controller, const CallResult& call) {
  const std::uint32_t list = linear(field<std::uint32_t>(controller.buffer, kListPointer));
  const std::uint32_t offset = list + 2 * call.iteration - abi::kBounceBase;
  return list >= abi::kBounceBase && offset + 2 <= kControllerBytes
             ? field<std::uint16_t>(controller.buffer, offset)
             : low16(call.registers.ecx);
}

VideoMode decode_mode(const CallResult& controller, const CallResult& call) {
  const std::span<const std::byte> block = call.buffer;
  VideoMode mode;
  mode.number = mode_number(controller, call);
  mode.attributes = field<std::uint16_t>(block, 0x00);
  mode.bytes_per_line = field<std::uint16_t>(block, 0x10);
  mode.width = field<std::uint16_t>(block, 0x12);
  mode.height = field<std::uint16_t>(block, 0x14);
  mode.bits_per_pixel = field<std::uint8_t>(block, 0x19);
  mode.memory_model = field<std::uint8_t>(block, 0x1B);
  mode.framebuffer = mode.linear() ? field<std::uint32_t>(block, 0x28) : 0;
  return mode;
}

}  // namespace

Batch video_modes_batch() {
  Step controller = service(0x10, 0x4F00);
  controller.call.registers.es = abi::kBounceSegment;
  add_buffer(controller, 0, kControllerBytes);
  controller.input = controller_input();

  Step mode = service(0x10, 0x4F01);
  mode.call.registers.es = abi::kBounceSegment;
  mode.call.registers.edi = kModeOffset;
  add_buffer(mode, kModeOffset, kModeBytes);
  mode.repeat = abi::BatchRepeat::kForEachWord;
  mode.repeat_register = offsetof(abi::FirmwareRegisters, ecx);
  mode.repeat_limit = kMostModes;
  mode.repeat_address = abi::kBounceBase + kListPointer;

  Batch batch;
  batch.add(service(0x10, 0x0F00)).add(std::move(controller)).add(std::move(mode)).add(service(0x10, 0x4F03));
  return batch;
}

Result<VideoModes> decode_video_modes(const BatchReply& reply) {
  KJUMP_CHECK(check_complete(reply));
  KJUMP_TRY(const CallResult* current, answer(reply, kCurrent));
  KJUMP_TRY(const CallResult* controller, answer(reply, kController, kControllerBytes));
  KJUMP_TRY(const CallResult* current_vbe, answer(reply, kCurrentVbe));
  if (low16(current->registers.eax) == 0x0F00 && !succeeded(*controller)) {
    return fail(ErrorCode::kUnsupported, "nothing answers INT 10h", "video BIOS",
                "this machine has no legacy video BIOS");  // T56
  }
  VideoModes video;
  video.current_mode = low8(current->registers.eax) & 0x7F;  // bit 7: memory was not cleared
  video.columns = high8(current->registers.eax);
  video.page = high8(current->registers.ebx);
  if (!succeeded(*controller) || std::memcmp(controller->buffer.data(), "VESA", 4) != 0) {
    return video;
  }
  video.vbe_version = field<std::uint16_t>(controller->buffer, 0x04);
  video.capabilities = field<std::uint32_t>(controller->buffer, 0x0A);
  video.memory_kib = std::uint32_t{field<std::uint16_t>(controller->buffer, 0x12)} * 64;
  if (succeeded(*current_vbe)) {
    video.current_vbe_mode = low16(current_vbe->registers.ebx);
  }
  video.truncated = reply.status == abi::BatchStatus::kLimit;
  for (const CallResult* call : reply.calls_of(kMode)) {
    if (succeeded(*call) && call->buffer.size() == kModeBytes) {
      video.modes.push_back(decode_mode(*controller, *call));
    }
  }
  return video;
}

Result<VideoModes> video_modes(Target& target) {
  return run_and_decode(target, video_modes_batch(), decode_video_modes);
}

}  // namespace kjump::bios
