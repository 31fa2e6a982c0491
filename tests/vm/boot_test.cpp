// SPDX-License-Identifier: MIT
// Rule: firmware alone starts an image, from every kind of disk and as a Multiboot program, with its request;
// when it comes back, or could not be loaded, the machine boots what it would have booted without us.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include <kjump/abi/hibernate/restore.hpp>
#include <kjump/abi/hibernate/slots.hpp>

#include "boot/disk_program.hpp"
#include "boot/first_sector.hpp"
#include "boot/multiboot_program.hpp"
#include "targets/qemu/artifacts.hpp"
#include "targets/qemu/files.hpp"
#include "targets/qemu/machine.hpp"
#include "targets/qemu/qemu.hpp"
#include "vm/run.hpp"

namespace kjump::tests {
namespace {

using abi::hibernate::ImageState;
using boot::SectorRun;
using targets::QemuOutcome;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kDiskBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kFloppyBytes = 1440 * 1024;
constexpr std::uint64_t kSector = abi::kBootSectorBytes;
constexpr std::uint32_t kFault = 1;
// Scattered, and the second one far beyond what CHS addresses reach in one cylinder.
constexpr SectorRun kRuns[] = {{64, 16}, {4096, 80}, {20480, 4000}};
constexpr std::uint8_t kStoreByte = 0xAB;

abi::hibernate::RestoreRequest request() {
  abi::hibernate::RestoreRequest request{};
  request.magic = abi::hibernate::kRestoreMagic;
  request.header_sector = 77;
  request.store.bytes[0] = kStoreByte;
  return request;
}

struct Machine {
  QemuOutcome outcome;
  std::string serial;  ///< the BIOS's screen too
  std::string debug;
};

class Boot : public testing::Test {
 protected:
  Boot() : artifacts_(*targets::Artifacts::create({})) {}

  [[nodiscard]] std::filesystem::path file(const std::string& name) const {
    return artifacts_.directory() / name;
  }

  static boot::Program program(const abi::hibernate::RestoreRequest& request,
                               const char* image = "test_boot") {
    auto made = boot::make_program(image_of(image), std::as_bytes(std::span(&request, 1)));
    EXPECT_TRUE(made) << made.error().text();
    return made.value_or(boot::Program{});
  }

  static boot::Sector marker() {
    boot::Sector sector{};
    std::ifstream in(std::filesystem::path(KJUMP_IMAGES) / "marker_sector.bin", std::ios::binary);
    in.read(reinterpret_cast<char*>(sector.data()), sector.size());
    EXPECT_TRUE(in.good());
    return sector;
  }

  std::filesystem::path empty_disk(const std::string& name) {
    std::ofstream(file(name)).close();
    std::filesystem::resize_file(file(name), kDiskBytes);
    return file(name);
  }

  static void put(const std::filesystem::path& disk, std::uint64_t sector, std::span<const std::byte> bytes) {
    std::fstream out(disk, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(sector * kSector));
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    EXPECT_TRUE(out.good());
  }

  /// A disk that starts the program; `former` is what was in its first sector.
  std::filesystem::path boot_disk(const boot::Program& program, const boot::Sector& former,
                                  const boot::RecordPlaces& records = {}) {
    auto laid_out = boot::lay_out(program, kRuns, boot::code_in(former), records);
    EXPECT_TRUE(laid_out) << laid_out.error().text();
    const auto disk = empty_disk("boot.img");
    std::span<const std::byte> rest = laid_out->content;
    for (const SectorRun& run : kRuns) {
      const auto part = rest.first(std::min<std::size_t>(rest.size(), run.sectors * kSector));
      put(disk, run.sector, part);
      rest = rest.subspan(part.size());
    }
    put(disk, 0, boot::with_code(former, laid_out->sector_code));
    return disk;
  }

  static void put_records(const std::filesystem::path& disk, const boot::RecordPlaces& places,
                          std::size_t slot, ImageState state, std::uint32_t attempts) {
    abi::hibernate::CommitRecord commit{};
    commit.magic = abi::hibernate::kCommitMagic;
    commit.generation = slot + 7;
    abi::hibernate::StateRecord record{};
    record.magic = abi::hibernate::kStateMagic;
    record.generation = commit.generation;
    record.state = static_cast<std::uint32_t>(state);
    record.attempts = attempts;
    put(disk, places.commits[slot], std::as_bytes(std::span(&commit, 1)));
    put(disk, places.states[slot], std::as_bytes(std::span(&record, 1)));
  }

  std::filesystem::path marker_disk() {
    const auto disk = empty_disk("marker.img");
    put(disk, 0, marker());
    return disk;
  }

  /// SeaBIOS tries one hard disk only; what follows is the floppy.
  std::vector<std::string> marker_floppy() {
    const auto floppy = file("floppy.img");
    std::filesystem::copy_file(marker_disk(), floppy);
    std::filesystem::resize_file(floppy, kFloppyBytes);
    return {"-drive", "if=floppy,format=raw,file=" + floppy.string()};
  }

  Machine run(const std::vector<Disk>& disks, const std::vector<std::string>& extra = {}) {
    MachineOptions options;
    options.memory_mib = 64;
    options.machine = "pc,graphics=off";  // SeaBIOS then writes to the serial port what it shows
    options.disks = disks;
    options.extra_arguments = {"-device", "isa-debug-exit,iobase=0xf4,iosize=4"};
    options.extra_arguments.insert(options.extra_arguments.end(), extra.begin(), extra.end());
    targets::QemuSpec spec;
    spec.limit = std::chrono::seconds(30);
    auto arguments = targets::machine_arguments(options, false);
    EXPECT_TRUE(arguments) << arguments.error().text();
    spec.arguments = arguments.value_or(std::vector<std::string>{});
    auto outcome = targets::run_qemu(spec, artifacts_);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return {outcome.value_or(QemuOutcome{}), targets::read_log(artifacts_.serial_log()),
            targets::read_log(artifacts_.debug_log())};
  }

  static void expect_marker(const Machine& machine, const std::string& drive) {
    EXPECT_EQ(machine.outcome.end, targets::QemuEnd::kDebugExit) << targets::describe(machine.outcome);
    EXPECT_THAT(machine.debug, HasSubstr("marker, drive " + drive + ", it ticks")) << machine.serial;
  }

  targets::Artifacts artifacts_;
};

class BootFrom : public Boot, public testing::WithParamInterface<DiskBus> {};

TEST_P(BootFrom, ADiskAndGoOnWithItsFormerBootLoader) {
  const Machine machine = run({{boot_disk(program(request()), marker()), GetParam()}});
  EXPECT_THAT(machine.serial, HasSubstr("booted, door 3, drive 00000080, flags 00000000, sector 77, store "
                                        "000000ab, 639 KiB"));
  EXPECT_THAT(machine.serial, HasSubstr("memory is whole"));
  expect_marker(machine, "80");
}

std::string bus_name(const testing::TestParamInfo<DiskBus>& bus) {
  constexpr const char* kNames[] = {"ide", "ahci", "nvme", "virtio"};
  return kNames[static_cast<std::size_t>(bus.param)];
}

INSTANTIATE_TEST_SUITE_P(Disks, BootFrom,
                         testing::Values(DiskBus::kIde, DiskBus::kVirtio, DiskBus::kAhci, DiskBus::kNvme),
                         bus_name);

TEST_F(Boot, GoesOnWithTheNextDeviceWhereNothingWas) {
  const Machine machine = run({{boot_disk(program(request()), {}), DiskBus::kIde}}, marker_floppy());
  EXPECT_THAT(machine.serial, HasSubstr("booted, door 3"));
  expect_marker(machine, "00");
}

TEST_F(Boot, PhysicalModeToo) {
  const Machine machine =
      run({{boot_disk(program(request(), "test_boot_physical"), marker()), DiskBus::kIde}});
  EXPECT_THAT(machine.serial, HasSubstr("booted, door 3"));
  EXPECT_THAT(machine.serial, HasSubstr("memory is whole"));
  expect_marker(machine, "80");
}

TEST_F(Boot, AMultibootProgramWithACommandLine) {
  const auto bytes = boot::multiboot_program(program(request()));
  std::ofstream(file("restore.bin"), std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const Machine machine = run({{marker_disk(), DiskBus::kIde}},
                              {"-kernel", file("restore.bin").string(), "-append",
                               "nonsense kjump.fastest kjump.store=cd345678-9abc-def0-1234-56789abcdef0 "
                               "kjump.sector=2048 kjump.fast"});
  EXPECT_THAT(machine.serial, HasSubstr("booted, door 3, drive 00000000, flags 00000001, sector 2048, store "
                                        "000000cd"));
  EXPECT_THAT(machine.serial, HasSubstr("memory is whole"));
  expect_marker(machine, "80");
}

struct Records {
  std::optional<ImageState> state;  ///< of slot B; none: the slot is empty
  std::uint32_t attempts = 0;
  bool starts = false;
};

// Slot A is done with; B decides.
TEST_F(Boot, LoadsNothingWhereNothingWaits) {
  using abi::hibernate::kMostAttempts;
  constexpr boot::RecordPlaces kPlaces{{3000, 3001}, {3002, 3003}};
  for (const Records& records :
       {Records{}, Records{ImageState::kCommitted, 0, true},
        Records{ImageState::kStarted, kMostAttempts - 1, true},
        Records{ImageState::kStarted, kMostAttempts, false}, Records{ImageState::kDone, 1, false},
        Records{ImageState::kContinued, 0, false}}) {
    const auto disk = boot_disk(program(request()), marker(), kPlaces);
    put_records(disk, kPlaces, 0, ImageState::kDone, 0);
    if (records.state) {
      put_records(disk, kPlaces, 1, *records.state, records.attempts);
    }
    const Machine machine = run({{disk, DiskBus::kIde}});
    EXPECT_EQ(machine.serial.find("booted") != std::string::npos, records.starts) << machine.serial;
    expect_marker(machine, "80");
  }
}

TEST_F(Boot, TellsOfADamagedPieceAndGoesOn) {
  const auto disk = boot_disk(program(request()), marker());
  put(disk, kRuns[2].sector + 1, std::vector<std::byte>(1, std::byte{0xEE}));
  const Machine machine = run({{disk, DiskBus::kIde}});
  EXPECT_THAT(machine.serial, HasSubstr("kjump: the boot program is damaged"));
  EXPECT_THAT(machine.serial, Not(HasSubstr("booted")));
  expect_marker(machine, "80");
}

TEST_F(Boot, TellsOfADamagedBlockAndGoesOn) {
  const auto disk = boot_disk(program(request()), marker());
  put(disk, kRuns[0].sector + 7, std::vector<std::byte>(1, std::byte{0xEE}));
  const Machine machine = run({{disk, DiskBus::kIde}}, marker_floppy());
  EXPECT_THAT(machine.serial, HasSubstr("kjump: the boot block is damaged"));
  expect_marker(machine, "00");
}

TEST_F(Boot, TellsOfAPayloadThatFailsAndStartsAgain) {
  auto faulting = request();
  faulting.map_count = kFault;
  const Machine machine = run({{boot_disk(program(faulting), marker()), DiskBus::kIde}});
  EXPECT_THAT(machine.serial, HasSubstr("kjump: the boot program failed; starting again"));
  EXPECT_EQ(machine.outcome.end, targets::QemuEnd::kGuestStopped) << targets::describe(machine.outcome);
}

}  // namespace
}  // namespace kjump::tests
