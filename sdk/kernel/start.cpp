// SPDX-License-Identifier: MIT
// From a kernel's file to its first jump back.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <kjump/abi/two_kernels.hpp>

#include "hibernate/kernel_facts.hpp"
#include "host/kept_image.hpp"
#include "host/loaded_image.hpp"
#include "kernel/boot_image.hpp"
#include "kernel/boot_parameters.hpp"
#include "kernel/core_area.hpp"
#include "kernel/danger.hpp"
#include "kernel/guard.hpp"
#include "kernel/identity_tables.hpp"
#include "kernel/initrd.hpp"
#include "kernel/layout.hpp"
#include "kernel/low_area.hpp"
#include "kernel/machine_facts.hpp"
#include "kernel/placement.hpp"
#include "kernel/second_command_line.hpp"
#include "kernel/second_kernel.hpp"
#include "kernel/swapped_image.hpp"

namespace kjump::two_kernels {
namespace {

namespace format = abi::two_kernels;

// Documentation/arch/x86/boot.rst, "64-bit Boot Protocol".
constexpr std::uint64_t kLongEntryOffset = 0x200;
// Long mode is reached on the first 2 MiB.
constexpr MemoryPiece kFirstPiece{0, std::uint64_t{2} << 20};

void tell_progress(const Progress& progress, const std::string& text) {
  if (progress) {
    progress(text);
  }
}

/// This kernel's memory for the other one's /proc/vmcore. Where that cannot be, the other one runs all the
/// same; its kernel finds no header then, or is not told of any.
std::uint32_t tell_core(const System& system, LowArea& low, const std::string& command_line, Placement& place,
                        std::span<const DisplacedRun> displaced, std::vector<std::string>& notes) {
  const auto written = [&]() -> Result<std::uint32_t> {
    KJUMP_TRY(CoreFacts facts, read_core_facts(system, place.piece()));
    add_displaced(facts.pieces, displaced);
    KJUMP_TRY(const std::uint64_t header, write_core(low, facts, place.spare()));
    if (const auto option = core_header_at(command_line)) {
      const std::string text = core_header_option(header);
      low.write(format::kCommandLineBase + *option, std::as_bytes(std::span(text)));
    }
    return facts.registers;
  }();
  if (written) {
    return *written;
  }
  low.write(format::kCoreHeaderBase, std::array<std::byte, sizeof(Elf64_Ehdr)>{});
  notes.push_back("there will be no /proc/vmcore: " + written.error().text());
  return 0;
}

Result<void> put_bytes(Placement& place, std::uint64_t address, std::span<const std::byte> bytes) {
  KJUMP_TRY(const std::span<std::byte> room, place.room(address, bytes.size()));
  std::copy(bytes.begin(), bytes.end(), room.begin());
  return {};
}

format::HandOff first_page(const System& system, const KernelEntry& entry, const StartOptions& options) {
  format::HandOff page{};
  page.magic = format::kMagic;
  page.version = format::kVersion;
  page.bytes = sizeof page;
  page.id = entry.id;
  page.memory_base = entry.memory.base;
  page.memory_bytes = entry.memory.bytes;
  page.place = static_cast<std::uint32_t>(entry.place);
  if (const auto note = hibernate::parse_note_place(system.read_line("/sys/kernel/vmcoreinfo"))) {
    page.vmcoreinfo_base = note->address;
    page.vmcoreinfo_bytes = note->bytes;
  }
  entry.name.copy(std::begin(page.name), std::size(page.name) - 1);
  page.machine = read_machine_facts(system);
  page.snapshot = options.snapshot;
  return page;
}

struct Prepared {
  BootImage image;
  Initrd initrd;
  std::string command_line;
};

// All that can be said before anything is taken.
Result<Prepared> examine(System& system, const StartOptions& options, std::vector<std::string>& notes) {
  if (page_in_second(system)) {
    return fail(ErrorCode::kBusy, "this is a second kernel itself: the first one's place is taken by now",
                options.kernel, "kjump kernel back first");
  }
  KJUMP_CHECK(check_kernel_name(options.name));
  if (Registry(system).find(options.name)) {
    return fail(ErrorCode::kBusy, "there is a second kernel of that name", options.name,
                "choose another --name, or kjump kernel drop " + options.name);
  }
  KJUMP_TRY(BootImage image, BootImage::open(options.kernel));
  KJUMP_TRY(Initrd initrd, Initrd::open(system, options.initrd));
  KJUMP_TRY(std::string command_line, second_command_line(options, image));
  if (options.deadline_seconds != 0) {
    KJUMP_CHECK(find_guard(system, command_line));
  }
  // Wherever the memory will be, this much it must be.
  KJUMP_CHECK(lay_out(image, initrd.bytes(), {std::uint64_t{16} << 20, options.memory_bytes}));
  if (!options.force) {
    KJUMP_CHECK(check_disks(system, command_line));
    bool known = false;
    KJUMP_CHECK(check_configuration(system, image, options.kernel, known));
    if (!known) {
      notes.emplace_back(
          "no configuration of this kernel is at hand: whether it has CONFIG_KEXEC_JUMP, without which it "
          "never comes back, is not known");
    }
  }
  return Prepared{std::move(image), std::move(initrd), std::move(command_line)};
}

Result<format::CrossingRequest> load_into(System& system, const StartOptions& options,
                                          const Prepared& prepared, Placement& place,
                                          const KernelEntry& entry, LowArea& low) {
  KJUMP_TRY(const Layout layout, lay_out(prepared.image, prepared.initrd.bytes(), entry.memory));
  const std::array<MemoryPiece, 2> pieces{kFirstPiece, entry.memory};
  KJUMP_TRY(const std::vector<std::uint64_t> tables, identity_tables(pieces, layout.tables));
  KJUMP_CHECK(put_bytes(place, layout.tables, std::as_bytes(std::span(tables))));
  KJUMP_CHECK(put_bytes(place, layout.kernel, prepared.image.protected_part()));
  KJUMP_TRY(const std::span<std::byte> initrd, place.room(layout.initrd, prepared.initrd.bytes()));
  KJUMP_CHECK(prepared.initrd.read(initrd));
  KJUMP_TRY(const boot_params parameters,
            make_boot_parameters(system, prepared.image, {entry.memory, layout, prepared.initrd.bytes()}));
  low.set_page(first_page(system, entry, options));
  low.write(format::kBootParametersBase, std::as_bytes(std::span(&parameters, 1)));
  low.write(format::kCommandLineBase,
            std::as_bytes(std::span(prepared.command_line.c_str(), prepared.command_line.size() + 1)));
  format::CrossingRequest request{};
  request.id = entry.id;
  request.action = static_cast<std::uint32_t>(format::Action::kStart);
  request.side = static_cast<std::uint32_t>(format::Side::kFirst);
  request.entry = layout.kernel + (prepared.image.is_64bit() ? kLongEntryOffset : 0);
  request.page_tables = prepared.image.is_64bit() ? layout.tables : 0;
  std::copy(place.pieces().begin(), place.pieces().end(), std::begin(request.pieces));
  request.digits =
      format::kCommandLineBase + static_cast<std::uint32_t>(prepared.command_line.size() - kBackEntryDigits);
  return request;
}

// The image is loaded again, with the kernel's memory. It stays loaded as long as that kernel lives.
// What it displaces.
Result<std::vector<DisplacedRun>> load_swapped(System& system, const KernelEntry& entry, Placement& place,
                                               Crossing& crossing) {
  KJUMP_CHECK(crossing.close());
  KJUMP_TRY(std::vector<Segment> memory, place.segments(system));
  KJUMP_TRY(crossing, Crossing::open_with(system, std::move(memory)));
  KJUMP_TRY(const LoadedImage image, read_loaded_image(system));
  KJUMP_TRY(std::vector<DisplacedRun> displaced, displaced_memory(image, entry.memory));
  KJUMP_CHECK(note_kept_image(system, entry.name));
  return displaced;
}

/// What is noted of a kernel before anything is loaded, so that it can be given up whenever this program is
/// killed.
class NotedEntry {
 public:
  NotedEntry(const System& system, const Registry& registry, const KernelEntry& entry)
      : system_(system), registry_(registry), entry_(entry) {}
  NotedEntry(const NotedEntry&) = delete;
  NotedEntry& operator=(const NotedEntry&) = delete;
  NotedEntry(NotedEntry&&) = delete;
  NotedEntry& operator=(NotedEntry&&) = delete;
  ~NotedEntry() {
    if (!kept_) {
      registry_.remove(entry_.name);
      if (entry_.place == format::Place::kSwapped) {
        forget_kept_image(system_);
      }
    }
  }
  [[nodiscard]] Result<void> write() const { return registry_.put(entry_); }
  void keep() { kept_ = true; }

 private:
  const System& system_;
  const Registry& registry_;
  const KernelEntry& entry_;
  bool kept_ = false;
};

}  // namespace

Result<StartReport> start_kernel(System& system, const StartOptions& options) {
  StartReport report;
  std::vector<std::string> notes;
  KJUMP_TRY(const Prepared prepared, examine(system, options, notes));
  KJUMP_TRY(Crossing crossing, Crossing::open(system));
  const Registry registry(system);
  KJUMP_CHECK(adopt_page(system, registry));
  tell_progress(options.progress, "looking for memory");
  std::vector<MemoryPiece> taken;
  for (const KernelEntry& other : registry.list()) {
    taken.push_back(other.memory);
  }
  KJUMP_TRY(Placement place,
            options.at ? Placement::find_at(system, *options.at, options.memory_bytes, options.place, taken)
                       : Placement::find(system, options.name, options.memory_bytes, options.place, taken));
  report.reason = place.reason();
  KernelEntry& entry = report.entry;
  entry.name = options.name;
  KJUMP_TRY(entry.id, system.random());
  entry.place = place.kind();
  entry.memory = place.piece();
  entry.pool_pages = place.pool_pages();
  entry.release = prepared.image.release();
  entry.file = options.kernel;
  entry.command_line = prepared.command_line;
  entry.started_at = system.wall_seconds();
  NotedEntry noted(system, registry, entry);
  KJUMP_CHECK(noted.write());
  tell_progress(options.progress, "loading the kernel");
  KJUMP_TRY(LowArea low, LowArea::open(system));
  KJUMP_TRY(format::CrossingRequest request, load_into(system, options, prepared, place, entry, low));
  std::vector<DisplacedRun> displaced;
  if (place.kind() == format::Place::kSwapped) {
    KJUMP_TRY(displaced, load_swapped(system, entry, place, crossing));
  }
  request.registers = tell_core(system, low, prepared.command_line, place, displaced, notes);
  KJUMP_CHECK(ask_for_guard(system, options.deadline_seconds, entry.command_line, entry.memory, request));
  if (const auto taken_over = crossing.set_content(place.content()); !taken_over) {
    // The payload reaches 4 GiB, the kernel may give huge pages above.
    Error error = taken_over.error();
    error.hint = "reserve memory with memmap=SIZE$ADDRESS instead, which needs no copy; or --place hugepages";
    return Failure(std::move(error));
  }
  tell_progress(options.progress, "jumping");
  auto gone = crossing.go(request);
  if (!gone && gone.error().code != ErrorCode::kTimeout) {
    return Failure(std::move(gone).error());
  }
  // It has come back, so it may be entered again; or it is lost, and its memory may yet tell why.
  noted.keep();
  place.keep();
  if (place.kind() == format::Place::kSwapped) {
    crossing.leave_loaded();
  }
  KJUMP_CHECK(adopt_page(system, registry));
  KJUMP_TRY(report.crossing, std::move(gone));
  report.crossing.notes.insert(report.crossing.notes.begin(), notes.begin(), notes.end());
  return report;
}

}  // namespace kjump::two_kernels
