// SPDX-License-Identifier: MIT
// Rule: the modules beside a kernel go into the guest in the order in which scripts/kernel listed them, and a
// list or a module that is damaged is an error that names it; a kernel without a list needs no modules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/scratch.hpp"
#include "targets/linux_vm/kernel_modules.hpp"
#include "targets/qemu/files.hpp"

namespace kjump::targets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Modules : public harness::Scratch {
 protected:
  [[nodiscard]] std::filesystem::path kernel() const { return directory() / "bzImage"; }

  /// A file in the kernel's modules directory.
  void write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(directory() / "modules");
    const auto written = write_file(directory() / "modules" / name, content);
    ASSERT_TRUE(written) << written.error().text();
  }
};

TEST(LoadOrder, KeepsTheOrderAndLeavesCommentsOut) {
  const auto names =
      parse_load_order("# Modules of Linux\nscsi_mod.ko\n# built in: nvme\n\nahci.ko\n", "list");
  ASSERT_TRUE(names) << names.error().text();
  EXPECT_THAT(*names, ElementsAre("scsi_mod.ko", "ahci.ko"));
}

TEST(LoadOrder, RefusesWhatIsNoFileNameOfAModule) {
  for (const char* bad : {"../bzImage.ko", "ahci.ko.xz", "ahci", "ahci.ko ", "ahci.ko\r"}) {
    const auto names = parse_load_order(std::string("scsi_mod.ko\n") + bad + "\n", "the list");
    ASSERT_FALSE(names) << bad;
    EXPECT_THAT(names.error().what, HasSubstr(bad));
    EXPECT_EQ(names.error().subject, "the list");
  }
}

TEST(LoadOrder, RefusesAModuleThatIsListedTwice) {
  const auto names = parse_load_order("ahci.ko\nsd_mod.ko\nahci.ko\n", "list");
  ASSERT_FALSE(names);
  EXPECT_THAT(names.error().what, HasSubstr("ahci.ko"));
}

TEST_F(Modules, AreNoneForAKernelWithoutAList) {
  const auto modules = modules_of(kernel());
  ASSERT_TRUE(modules) << modules.error().text();
  EXPECT_THAT(*modules, IsEmpty());
}

TEST_F(Modules, ComeWithTheirContentInTheOrderOfTheList) {
  write("load-order", "virtio.ko\nahci.ko\n");
  write("ahci.ko", "second");
  write("virtio.ko", "first!");
  const auto modules = modules_of(kernel());
  ASSERT_TRUE(modules) << modules.error().text();
  ASSERT_EQ(modules->size(), 2U);
  EXPECT_EQ((*modules)[0].path, "/kjump/modules/virtio.ko");
  EXPECT_EQ((*modules)[0].content.front(), std::byte{'f'});
  EXPECT_EQ((*modules)[1].path, "/kjump/modules/ahci.ko");
}

TEST_F(Modules, AreNamedWhenTheyAreMissing) {
  write("load-order", "virtio.ko\n");
  const auto modules = modules_of(kernel());
  ASSERT_FALSE(modules);
  EXPECT_THAT(modules.error().subject, HasSubstr("modules/virtio.ko"));
  EXPECT_THAT(modules.error().hint, HasSubstr("scripts/kernel"));
}

TEST_F(Modules, AreNamedWhenTheyDoNotLoad) {
  // No kernel takes this file, whether for its format or because we may not ask.
  write("load-order", "broken.ko\n");
  write("broken.ko", "no module at all");
  const auto inserted = insert_modules({(directory() / "modules" / "broken.ko").string()});
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().what, "cannot load the kernel module");
  EXPECT_THAT(inserted.error().subject, HasSubstr("broken.ko"));
  EXPECT_NE(inserted.error().system_errno, 0);
}

}  // namespace
}  // namespace kjump::targets
