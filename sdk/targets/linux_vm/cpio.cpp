// SPDX-License-Identifier: MIT
#include "targets/linux_vm/cpio.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <limits>

namespace kjump::targets {
namespace {

constexpr std::size_t kAlignment = 4;
constexpr const char* kTrailer = "TRAILER!!!";

// "/a/b" to "a/b", the form that archives hold.
Result<std::string> archive_name(const std::string& path) {
  const bool climbs = ("/" + path + "/").find("/../") != std::string::npos;
  if (path.size() < 2 || path.front() != '/' || path.back() == '/' || climbs) {
    return fail(ErrorCode::kInvalid, "not a usable path for a file in the guest", path,
                "give an absolute path without ..");
  }
  return path.substr(1);
}

}  // namespace

void CpioWriter::pad() {
  archive_.resize((archive_.size() + kAlignment - 1) / kAlignment * kAlignment);
}

void CpioWriter::append(const std::string& name, const Entry& entry, std::span<const std::byte> content) {
  // magic, inode, mode, uid, gid, links, mtime, size, device of the file system (2), device (2), length of
  // the name with its NUL, checksum (unused): thirteen numbers of eight hex digits after the magic.
  const std::string header =
      fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
                  ++inode_, entry.mode, 0, 0, 1, 0, content.size(), 0, 0, entry.device_major,
                  entry.device_minor, name.size() + 1, 0);
  const auto put = [this](std::span<const std::byte> bytes) {
    archive_.insert(archive_.end(), bytes.begin(), bytes.end());
  };
  put(std::as_bytes(std::span(header)));
  put(std::as_bytes(std::span(name.c_str(), name.size() + 1)));
  pad();
  put(content);
  pad();
}

Result<void> CpioWriter::add(const std::string& path, const Entry& entry,
                             std::span<const std::byte> content) {
  KJUMP_TRY(const std::string name, archive_name(path));
  if (content.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorCode::kLimit, "a file for the guest is larger than 4 GiB", path);
  }
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (const std::string parent = name.substr(0, slash); names_.insert(parent).second) {
      append(parent, Entry{S_IFDIR | 0755}, {});
    }
  }
  if (!names_.insert(name).second) {
    return fail(ErrorCode::kInvalid, "two files for the guest have the same path", path);
  }
  append(name, entry, content);
  return {};
}

Result<void> CpioWriter::add_file(const std::string& path, std::span<const std::byte> content,
                                  std::uint32_t permissions) {
  return add(path, Entry{S_IFREG | permissions}, content);
}

Result<void> CpioWriter::add_symlink(const std::string& path, const std::string& destination) {
  return add(path, Entry{S_IFLNK | 0777}, std::as_bytes(std::span(destination)));
}

Result<void> CpioWriter::add_directory(const std::string& path) {
  // One that came into being as a parent already is fine.
  if (!path.empty() && names_.contains(path.substr(1))) {
    return {};
  }
  return add(path, Entry{S_IFDIR | 0755}, {});
}

Result<void> CpioWriter::add_character_device(const std::string& path, std::uint32_t major,
                                              std::uint32_t minor) {
  return add(path, Entry{S_IFCHR | 0600, major, minor}, {});
}

std::vector<std::byte> CpioWriter::finish() && {
  append(kTrailer, Entry{}, {});
  return std::move(archive_);
}

}  // namespace kjump::targets
