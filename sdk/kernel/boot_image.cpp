// SPDX-License-Identifier: MIT
#include "kernel/boot_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "image/file_io.hpp"

namespace kjump::two_kernels {
namespace {

// Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
constexpr std::size_t kHeaderOffset = 0x1F1;
constexpr std::size_t kJumpOffset = 0x201;  // its low byte ends the header, counted from kMagicOffset
constexpr std::size_t kMagicOffset = 0x202;
constexpr std::uint32_t kHeaderMagic = 0x53726448;  // "HdrS"
constexpr std::uint16_t kOldestProtocol = 0x020C;   // 2.12: xloadflags
constexpr std::size_t kSectorBytes = 512;
constexpr unsigned kOldSetupSectors = 4;  // when the field says 0
constexpr std::size_t kVersionOffset = 0x200;
constexpr std::size_t kLongestVersion = 256;

Failure malformed_kernel(const std::string& what, const std::string& origin) {
  return fail(ErrorCode::kMalformed, what, origin,
              "it takes a bzImage (vmlinuz), as in /boot or arch/x86/boot");
}

// "6.12.117-kjump (builder@host) #1 SMP ..."; the release ends at the first blank.
std::string release_in(const std::vector<std::byte>& bytes, const setup_header& header) {
  const std::size_t start = header.kernel_version + kVersionOffset;
  if (header.kernel_version == 0 || start >= bytes.size()) {
    return {};
  }
  const std::size_t most = std::min(kLongestVersion, bytes.size() - start);
  std::string text(reinterpret_cast<const char*>(bytes.data() + start), most);
  text = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
  return printable ? text : std::string();
}

}  // namespace

Result<BootImage> BootImage::open(const std::string& path) {
  KJUMP_TRY(std::vector<std::byte> bytes, image::read_file(path));
  return parse(std::move(bytes), path);
}

Result<BootImage> BootImage::parse(std::vector<std::byte> bytes, const std::string& origin) {
  BootImage image;
  if (bytes.size() < kHeaderOffset + sizeof(setup_header)) {
    return malformed_kernel("too short for a kernel", origin);
  }
  const std::size_t end = kMagicOffset + std::to_integer<std::size_t>(bytes[kJumpOffset]);
  std::memcpy(&image.header_, bytes.data() + kHeaderOffset,
              std::min(sizeof(setup_header), end - kHeaderOffset));
  const setup_header& header = image.header_;
  if (header.header != kHeaderMagic) {
    return malformed_kernel("no Linux kernel: the boot header's magic is missing", origin);
  }
  if (header.version < kOldestProtocol) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("boot protocol {}.{} is too old", header.version >> 8, header.version & 0xFF),
                origin, "it takes 2.12, which Linux 3.8 and later have");
  }
  if ((header.loadflags & LOADED_HIGH) == 0 || header.relocatable_kernel == 0 ||
      header.kernel_alignment == 0 || (header.kernel_alignment & (header.kernel_alignment - 1)) != 0) {
    return fail(ErrorCode::kUnsupported, "the kernel cannot be moved to other memory", origin,
                "build it with CONFIG_RELOCATABLE");
  }
  const unsigned sectors = header.setup_sects != 0 ? header.setup_sects : kOldSetupSectors;
  image.protected_offset_ = (sectors + std::size_t{1}) * kSectorBytes;
  constexpr std::uint64_t kParagraph = 16;  // what syssize counts; a signature may follow
  const std::uint64_t protected_bytes = header.syssize * kParagraph;
  if (image.protected_offset_ >= bytes.size() || bytes.size() - image.protected_offset_ < protected_bytes ||
      protected_bytes == 0 || protected_bytes > header.init_size) {
    return malformed_kernel("the kernel's file is cut off, or its sizes contradict each other", origin);
  }
  image.protected_bytes_ = static_cast<std::size_t>(protected_bytes);
  image.release_ = release_in(bytes, header);
  image.bytes_ = std::move(bytes);
  return image;
}

}  // namespace kjump::two_kernels
