// SPDX-License-Identifier: MIT
#include "hibernate/kernel_config.hpp"

#include <zlib.h>

#include <vector>

namespace kjump::hibernate {
namespace {

constexpr std::size_t kLargestConfig = std::size_t{4} << 20;

}  // namespace

std::string gunzip(const std::string& packed, std::size_t most) {
  constexpr int kGzip = 16;  // added to the window's size: zlib.h, inflateInit2()
  z_stream stream{};
  if (::inflateInit2(&stream, kGzip + MAX_WBITS) != Z_OK) {
    return {};
  }
  std::vector<Bytef> input(packed.begin(), packed.end());
  std::vector<Bytef> output(most);
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = output.data();
  stream.avail_out = static_cast<uInt>(output.size());
  const int end = ::inflate(&stream, Z_FINISH);
  ::inflateEnd(&stream);
  return end == Z_STREAM_END
             ? std::string(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(stream.total_out))
             : std::string();
}

KernelConfig KernelConfig::read(const System& system) {
  KernelConfig config;
  if (const auto packed = system.read_file("/proc/config.gz")) {
    config.text_ = gunzip(*packed, kLargestConfig);
    config.source_ = "/proc/config.gz";
  }
  if (config.text_.empty()) {
    config.source_ = "/boot/config-" + system.kernel_names().release;
    config.text_ = system.read_file(config.source_).value_or("");
  }
  if (config.text_.empty()) {
    config.source_.clear();
  }
  return config;
}

Setting KernelConfig::is_set(const std::string& name) const {
  if (text_.empty()) {
    return Setting::kUnknown;
  }
  const std::string text = "\n" + text_;
  const bool set = text.find("\n" + name + "=y") != std::string::npos ||
                   text.find("\n" + name + "=m") != std::string::npos;
  return set ? Setting::kYes : Setting::kNo;
}

}  // namespace kjump::hibernate
