// SPDX-License-Identifier: MIT
/// A guest that runs a shell script with the kjump program in it, for the Linux suite.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <kjump/linux_vm.hpp>
#include <nlohmann/json.hpp>

namespace kjump::tests {

/// A test kernel that is missing is a failure, not a skip: scripts/test builds it first.
struct Guest {
  LinuxVmOptions options;
  Job job;

  explicit Guest(const std::string& kernel = "6.12") {
    options.kernel = kernel;
    job.limit = std::chrono::seconds(300);
  }

  Guest& with_image(const std::string& name) {
    return with_file(std::filesystem::path(KJUMP_IMAGES) / (name + ".kjump"), "/job/" + name + ".kjump");
  }

  Guest& with_file(const std::filesystem::path& source, const std::string& path, bool executable = false) {
    auto file = GuestFile::copy_of(source, path, executable);
    EXPECT_TRUE(file) << file.error().text();
    if (file) {
      job.files.push_back(*std::move(file));
    }
    return *this;
  }

  /// Runs the script. A guest that is lost fails the test and gives exit code -1.
  JobResult run(const std::string& script) {
    job.script = script;
    auto result = LinuxVm(options).run(job);
    if (!result) {
      ADD_FAILURE() << result.error().text();
      return JobResult{.exit_code = -1, .out = {}, .err = {}, .files = {}, .console = {}};
    }
    return *std::move(result);
  }
};

/// The part of `text` between the lines "== NAME" and the next "== ".
inline std::string section(const std::string& text, const std::string& name) {
  const std::string mark = "== " + name + "\n";
  const auto begin = text.find(mark);
  if (begin == std::string::npos) {
    ADD_FAILURE() << "no section '" << name << "' in:\n" << text;
    return {};
  }
  const auto start = begin + mark.size();
  return text.substr(start, text.find("== ", start) - start);
}

inline nlohmann::json json_section(const std::string& text, const std::string& name) {
  const std::string part = section(text, name);
  auto json = nlohmann::json::parse(part, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << name << " is not JSON: " << part;
  return json;
}

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    out.push_back(line);
  }
  return out;
}

/// Shell functions for every script: `health before` and `health after` around jumps print nothing but say
/// "HEALTHY" or why not.
inline const char* const kHealth = R"sh(
health() {
  if [ "$1" = before ]; then
    head -c 2000000 /dev/urandom >/tmp/ballast; md5sum /tmp/ballast >/tmp/ballast.md5
    cut -d. -f1 /proc/uptime >/tmp/uptime; cat /sys/devices/system/cpu/online >/tmp/online
    return
  fi
  bad=
  md5sum -c -s /tmp/ballast.md5 || bad="$bad memory-changed"
  [ "$(cut -d. -f1 /proc/uptime)" -ge "$(cat /tmp/uptime)" ] || bad="$bad uptime-went-back"
  [ "$(cat /sys/devices/system/cpu/online)" = "$(cat /tmp/online)" ] || bad="$bad cpus-missing"
  [ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || bad="$bad image-still-loaded"
  t0=$(cut -d. -f1 /proc/uptime); sleep 1; [ "$(cut -d. -f1 /proc/uptime)" -gt "$t0" ] || bad="$bad timer-dead"
  for cpu in $(seq 0 $(($(nproc) - 1))); do taskset $((1 << cpu)) true || bad="$bad cpu$cpu-dead"; done
  dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|rcu:.*stall|general protection' >/tmp/complaints && bad="$bad kernel-complains:$(head -n1 /tmp/complaints)"
  [ -z "$bad" ] && echo HEALTHY || echo "SICK:$bad"
}
)sh";

}  // namespace kjump::tests
