// SPDX-License-Identifier: MIT
#include "targets/qemu/accelerator.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include <unistd.h>

#include <kjump/abi/carrier.hpp>

#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/qemu.hpp"

namespace kjump::targets {
namespace {

// Some nested machines offer /dev/kvm and then never run a guest instruction, so believe only a guest that
// answered: a boot sector that writes to the exit port.
std::array<std::byte, 512> trial_boot_sector() {
  constexpr std::array<unsigned char, 9> kCode{0xB0, abi::kDebugExitDone,  // mov al, kDebugExitDone
                                               0xBA, abi::kDebugExitPort,
                                               0,            // mov dx, kDebugExitPort
                                               0xEE,         // out dx, al
                                               0xF4,         // hlt
                                               0xEB, 0xFD};  // jmp to the hlt
  std::array<std::byte, 512> sector{};
  for (std::size_t i = 0; i < kCode.size(); ++i) {
    sector.at(i) = std::byte{kCode.at(i)};
  }
  sector[510] = std::byte{0x55};
  sector[511] = std::byte{0xAA};
  return sector;
}

bool trial_guest_answers() {
  const auto artifacts = Artifacts::create({});
  if (!artifacts) {
    return false;
  }
  const std::filesystem::path sector = artifacts->directory() / "trial.img";
  if (!write_file(sector, trial_boot_sector())) {
    return false;
  }
  QemuSpec spec;
  spec.accelerator = "kvm";
  spec.limit = std::chrono::seconds(1);
  spec.arguments = {"-m",      "8",
                    "-drive",  "file=" + sector.string() + ",format=raw,if=floppy,read-only=on",
                    "-device", "isa-debug-exit,iobase=0xf4,iosize=4"};
  const auto outcome = run_qemu(spec, *artifacts);
  return outcome && outcome->end == QemuEnd::kDebugExit && outcome->value == abi::kDebugExitDone;
}

bool kvm_works() {
  return offers_virtualisation(read_log("/proc/cpuinfo")) && ::access("/dev/kvm", R_OK | W_OK) == 0 &&
         trial_guest_answers();
}

}  // namespace

bool offers_virtualisation(const std::string& cpuinfo) {
  std::istringstream words(cpuinfo);
  for (std::string word; words >> word;) {
    if (word == "vmx" || word == "svm") {
      return true;
    }
  }
  return false;
}

Result<std::string> choose_accelerator() {
  if (const char* chosen = std::getenv("KJUMP_ACCEL"); chosen != nullptr && *chosen != '\0') {
    const std::string_view name = chosen;
    if (name != "tcg" && name != "tcg-multi" && name != "kvm") {
      return fail(ErrorCode::kInvalid, "unknown accelerator", "KJUMP_ACCEL=" + std::string(name),
                  "use tcg, tcg-multi or kvm");
    }
    return std::string(name);
  }
  static const bool works = kvm_works();
  return std::string(works ? "kvm" : "tcg");
}

std::string accelerator_argument(const std::string& accelerator) {
  if (accelerator == "tcg") {
    return "tcg,thread=single";
  }
  return accelerator == "tcg-multi" ? "tcg,thread=multi" : accelerator;
}

}  // namespace kjump::targets
