// SPDX-License-Identifier: MIT
#include "kernel/danger.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>

#include "hibernate/device_users.hpp"

namespace kjump::two_kernels {
namespace {

// Every path below /dev in a word such as "root=/dev/vda1" or "rd.luks.name=/dev/sda2:x".
std::vector<std::string> devices_in(const std::string& command_line) {
  static constexpr const char* kEnds = " \t\n,:;\"'";
  std::vector<std::string> devices;
  for (auto at = command_line.find("/dev/"); at != std::string::npos;
       at = command_line.find("/dev/", at + 1)) {
    devices.push_back(command_line.substr(at, command_line.find_first_of(kEnds, at) - at));
  }
  return devices;
}

// root=UUID=..., resume=LABEL=...: udev's links say which device that is here.
std::vector<std::string> tagged_devices_in(const std::string& command_line) {
  static constexpr std::pair<const char*, const char*> kTags[] = {{"PARTUUID=", "by-partuuid"},
                                                                  {"PARTLABEL=", "by-partlabel"},
                                                                  {"UUID=", "by-uuid"},
                                                                  {"LABEL=", "by-label"}};
  std::vector<std::string> devices;
  std::istringstream words(command_line);
  for (std::string word; words >> word;) {
    const auto value = word.find('=');
    for (const auto& [tag, directory] : kTags) {
      if (value != std::string::npos && word.compare(value + 1, std::string::npos, tag) > 0 &&
          word.substr(value + 1).starts_with(tag)) {
        devices.push_back(
            fmt::format("/dev/disk/{}/{}", directory, word.substr(value + 1 + std::string_view(tag).size())));
        break;
      }
    }
  }
  return devices;
}

}  // namespace

Result<void> check_disks(const System& system, const std::string& command_line) {
  std::vector<std::string> devices = devices_in(command_line);
  for (std::string& device : tagged_devices_in(command_line)) {
    devices.push_back(std::move(device));
  }
  for (const std::string& device : devices) {
    struct stat status {};
    if (::stat(device.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) {
      continue;
    }
    if (const std::string user = hibernate::device_user(system, status.st_rdev); !user.empty()) {
      return fail(ErrorCode::kBusy,
                  "the second kernel's command line names a device that is in use here: " + user, device,
                  "two kernels that use one file system destroy it, even read-only unless mounted with "
                  "ro,noload; give it a device of its own, or say --force (docs/two-kernels.md)");
    }
  }
  return {};
}

Result<void> check_configuration(const System& system, const BootImage& image, const std::string& path,
                                 bool& known) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const std::string& release = image.release();
  std::vector<std::string> candidates;
  if (!release.empty()) {
    candidates = {fmt::format("{}/config-{}", directory, release), "/boot/config-" + release,
                  fmt::format("/lib/modules/{}/config", release)};
  }
  candidates.push_back(directory + "/config");
  known = false;
  for (const std::string& candidate : candidates) {
    const auto text = system.read_file(candidate);
    if (!text || text->find("CONFIG_KEXEC") == std::string::npos) {
      continue;
    }
    known = true;
    if (text->find("CONFIG_KEXEC_JUMP=y") == std::string::npos) {
      return fail(ErrorCode::kUnsupported, "this kernel has no CONFIG_KEXEC_JUMP: it could never jump back",
                  candidate, "use another kernel, or say --force if that file is not its configuration");
    }
    return {};
  }
  return {};
}

}  // namespace kjump::two_kernels
