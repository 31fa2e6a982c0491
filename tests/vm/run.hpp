// SPDX-License-Identifier: MIT
/// Runs one of the suite's payloads in a bare virtual machine.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <kjump/image.hpp>
#include <kjump/target.hpp>

namespace kjump::tests {

inline Image image_of(const std::string& name) {
  auto image = Image::open(std::filesystem::path(KJUMP_IMAGES) / (name + ".kjump"));
  EXPECT_TRUE(image) << image.error().text();
  return image ? *image : Image{};
}

inline RunReport run(const std::string& name, const std::string& request = "", std::uint32_t jumps = 1,
                     MachineOptions machine = {}, std::uint32_t deadline_ms = 0,
                     std::uint32_t call_deadline_ms = 0) {
  RunRequest run;
  for (const char c : request) {
    run.request.push_back(static_cast<std::byte>(c));
  }
  run.jumps = jumps;
  run.deadline_ms = deadline_ms;
  run.call_deadline_ms = call_deadline_ms;
  auto report = make_vm_target(std::move(machine))->run(image_of(name), run);
  EXPECT_TRUE(report) << report.error().text();
  if (!report) {
    return {};
  }
  EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  EXPECT_TRUE(report->breaches.empty()) << report->breaches.front();
  return *std::move(report);
}

}  // namespace kjump::tests
