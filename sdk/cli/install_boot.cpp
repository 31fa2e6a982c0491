// SPDX-License-Identifier: MIT
// kjump hibernate install-boot: what brings a saved machine back without a Linux.
#include <cstdio>
#include <memory>
#include <string>

#include "boot/install.hpp"
#include "boot/multiboot_program.hpp"
#include "cli/commands.hpp"
#include "hibernate/place.hpp"
#include "hibernate/store.hpp"
#include "image/file_io.hpp"

namespace kjump::cli {
namespace {

struct Options {
  std::string store;
  std::string device;
  std::string multiboot;
  bool uninstall = false;
  bool grub = false;
  bool force = false;
};

const char* former_text(boot::BootCode code) {
  switch (code) {
    case boot::BootCode::kNone:
      return "nothing was there; without an image to restore, firmware goes on with its next boot device";
    case boot::BootCode::kOurs:
      return "it was there already, and is new now";
    case boot::BootCode::kKnown:
    case boot::BootCode::kForeign:
      break;
  }
  return "the boot loader that was there gets the processor when there is nothing to restore";
}

void install_into_disk(const Options& options, hibernate::Store& store, const boot::Program& program) {
  const std::string whole = hibernate::device_path(store.disk());
  const boot::BootPlace place =
      value_or_die(boot::find_boot_place(options.device.empty() ? whole : options.device));
  if (place.disk != whole) {
    die({ErrorCode::kUnsupported, "the store lies on another disk, " + whole, place.disk,
         "a boot sector reads the disk that it is on; use --multiboot there", 0});
  }
  const auto disk = value_or_die(hibernate::open_disk(place.disk, hibernate::Access::kWrite));
  const boot::Installation done = value_or_die(boot::install(program, store, *disk, place, options.force));
  std::printf("boot program: %zu bytes in the store, first sector %llu of %s; %s\n", done.bytes,
              static_cast<unsigned long long>(place.sector), place.disk.c_str(), former_text(done.before));
}

void install_boot(const Options& options) {
  hibernate::Store store = value_or_die(hibernate::Store::open(options.store));
  const boot::Program program = value_or_die(boot::restore_program(store.header()));
  if (options.multiboot.empty()) {
    install_into_disk(options, store, program);
    return;
  }
  check_or_die(image::write_file(options.multiboot, boot::multiboot_program(program)));
  std::fprintf(stderr, "Multiboot program: %s\n", options.multiboot.c_str());
  if (options.grub) {
    std::fputs(boot::grub_entry(options.multiboot).c_str(), stdout);
  }
}

void uninstall_boot(const Options& options) {
  std::string device = options.device;
  if (device.empty()) {
    const auto store = value_or_die(hibernate::Store::open(options.store, hibernate::Access::kRead));
    device = hibernate::device_path(store.disk());
  }
  const boot::BootPlace place = value_or_die(boot::find_boot_place(device));
  const auto disk = value_or_die(hibernate::open_disk(place.disk, hibernate::Access::kWrite));
  const bool was_there = value_or_die(boot::uninstall(*disk, place, options.force));
  std::puts(was_there ? "the former boot code is back" : "there is no boot sector of kjump's");
}

}  // namespace

void add_hibernate_install_boot(CLI::App& group) {
  CLI::App* command = group.add_subcommand(
      "install-boot", "Make firmware, or a boot loader, restore a saved machine: no Linux is started first.");
  const auto options = std::make_shared<Options>();
  command->add_option("store", options->store, "partition or file of images")->required();
  CLI::Option* device =
      command->add_option("--device", options->device,
                          "disk or partition whose first sector to take (default: the store's disk)");
  CLI::Option* multiboot =
      command->add_option("--multiboot", options->multiboot,
                          "write a program for GRUB or qemu -kernel to this file, and touch no disk");
  multiboot->excludes(device);
  command->add_flag("--grub", options->grub, "print a menu entry for it")->needs(multiboot);
  command->add_flag("--uninstall", options->uninstall, "put the former boot code back")->excludes(multiboot);
  command->add_flag("--force", options->force, "also where the sector may be in use by something else");
  command->callback([options] { options->uninstall ? uninstall_boot(*options) : install_boot(*options); });
}

}  // namespace kjump::cli
