// SPDX-License-Identifier: MIT
#include "hibernate/dm_table.hpp"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <sstream>

namespace kjump::hibernate {
namespace {

// Room for some thousand linear targets; a table that does not fit is refused.
constexpr std::uint32_t kTableBytes = 256 * 1024;
constexpr const char* kControl = "/dev/mapper/control";

dm_ioctl request_for(dev_t device) {
  dm_ioctl request{};
  request.version[0] = DM_VERSION_MAJOR;
  request.data_size = kTableBytes;
  request.data_start = sizeof request;
  request.flags = DM_STATUS_TABLE_FLAG | DM_NOFLUSH_FLAG;
  // huge_encode_dev() of the kernel, which for these numbers is glibc's dev_t too.
  request.dev = device;
  return request;
}

/// The kernel wrote these bytes; still, an offset is followed only inside of them.
Result<std::vector<DmTarget>> parse_reply(const std::vector<char>& reply) {
  dm_ioctl header{};
  std::memcpy(&header, reply.data(), sizeof header);
  std::vector<DmTarget> targets;
  std::size_t at = header.data_start;
  for (std::uint32_t i = 0; i < header.target_count; ++i) {
    dm_target_spec spec{};
    if (at > reply.size() || reply.size() - at <= sizeof spec) {
      return fail(ErrorCode::kMalformed, "the mapping's table is cut off", kControl);
    }
    std::memcpy(&spec, reply.data() + at, sizeof spec);
    const char* const text = reply.data() + at + sizeof spec;
    const std::size_t room = reply.size() - at - sizeof spec;
    spec.target_type[sizeof spec.target_type - 1] = '\0';
    targets.push_back(
        {spec.sector_start, spec.length, spec.target_type, std::string(text, ::strnlen(text, room))});
    // `next` counts from the first target (dm-ioctl.h).
    at = std::size_t{header.data_start} + spec.next;
  }
  return targets;
}

}  // namespace

Result<std::vector<DmTarget>> read_dm_table(const System& system, dev_t device) {
  KJUMP_TRY(const UniqueFd control, system.open(kControl, O_RDWR));
  std::vector<char> buffer(kTableBytes);
  const dm_ioctl request = request_for(device);
  std::memcpy(buffer.data(), &request, sizeof request);
  if (::ioctl(control.get(), DM_TABLE_STATUS, buffer.data()) != 0) {
    return fail_errno("cannot read the table of a mapping", kControl);
  }
  dm_ioctl header{};
  std::memcpy(&header, buffer.data(), sizeof header);
  if ((header.flags & DM_BUFFER_FULL_FLAG) != 0) {
    return fail(ErrorCode::kLimit, "the mapping has too many targets", kControl);
  }
  return parse_reply(buffer);
}

Result<DmLinear> parse_dm_linear(const std::string& parameters) {
  std::istringstream text(parameters);
  unsigned major_number = 0;
  unsigned minor_number = 0;
  char colon = 0;
  DmLinear linear;
  if (!(text >> major_number >> colon >> minor_number >> linear.offset) || colon != ':' ||
      !(text >> std::ws).eof()) {
    return fail(ErrorCode::kMalformed, "the parameters of a linear mapping do not parse", parameters);
  }
  linear.device = makedev(major_number, minor_number);
  return linear;
}

}  // namespace kjump::hibernate
