// SPDX-License-Identifier: MIT
// Rule: the kernel's real version is found whatever a distribution writes into uname -r, and what
// follows from it is what the fact sheet says (kexec_jump.md 6).
#include <gtest/gtest.h>

#include "host/kernel_version.hpp"
#include "unit/host_machine.hpp"

namespace kjump {
namespace {

Kernel identified(const std::string& release, const std::string& proc_version = {}) {
  test::FakeMachine machine;
  machine.names.release = release;
  machine.put("/proc/version", proc_version);
  return identify_kernel(machine).value();
}

TEST(HostKernelVersion, ReadsWhatUnameSays) {
  EXPECT_EQ(identified("6.12.117+deb12-amd64").version.text(), "6.12.117");
  EXPECT_EQ(identified("6.17.0-rc3").version.text(), "6.17.0-rc");
  EXPECT_EQ(identified("6.13").version.text(), "6.13.0");
  EXPECT_FALSE(parse_kernel_version("linux").has_value());
  EXPECT_FALSE(parse_kernel_version("6").has_value());
}

TEST(HostKernelVersion, DebianKeepsThePatchLevelInProcVersion) {
  const Kernel kernel =
      identified("6.1.0-56-amd64",
                 "Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian "
                 "12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP "
                 "PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-07-01)\n");
  EXPECT_EQ(kernel.version.text(), "6.1.192");
}

TEST(HostKernelVersion, UbuntuKeepsItInVersionSignature) {
  test::FakeMachine machine;
  machine.names.release = "6.8.0-45-generic";
  machine.put("/proc/version_signature", "Ubuntu 6.8.0-45.45-generic 6.8.12\n");
  EXPECT_EQ(identify_kernel(machine).value().version.text(), "6.8.12");
}

TEST(HostKernelVersion, KnowsWhichKernelsLoadTheirOwnGdt) {
  for (const char* release : {"6.12.5", "6.12.117", "6.6.66", "6.13.0", "6.16.1", "7.0.0"}) {
    EXPECT_TRUE(identified(release).restores_gdt()) << release;
  }
  for (const char* release : {"6.12.4", "6.6.65", "6.1.192", "5.15.200", "6.11.11", "6.13.0-rc1", "6.5.0"}) {
    EXPECT_FALSE(identified(release).restores_gdt()) << release;
  }
  Kernel old_machine = identified("6.13.0");
  old_machine.machine = "i686";
  EXPECT_FALSE(old_machine.restores_gdt());
}

TEST(HostKernelVersion, FixedAliasIsFor415To61Only) {
  EXPECT_FALSE(identified("4.14.9").has_fixed_gdt_alias());
  EXPECT_TRUE(identified("4.15.0").has_fixed_gdt_alias());
  EXPECT_TRUE(identified("6.1.192").has_fixed_gdt_alias());
  EXPECT_FALSE(identified("6.2.0").has_fixed_gdt_alias());
}

}  // namespace
}  // namespace kjump
