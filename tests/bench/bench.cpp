// SPDX-License-Identifier: MIT
// The project's numbers, all deterministic: guest instructions under -icount, bytes, ratios of one run.
// bench [NAME ...] [--json FILE] [--check]: without names all, with names those; --check fails when a number
// is over its bound. `scripts/bench` builds and calls it.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <libelf.h>
#include <unistd.h>

#include <kjump/linux_vm.hpp>
#include <nlohmann/json.hpp>

namespace {

using kjump::MachineOptions;
namespace fs = std::filesystem;

struct Number {
  double value = 0;
  std::string unit;
  std::optional<double> reference;  ///< what to compare with
  std::string how;
};

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "bench: %s\n", text.c_str());
  std::exit(1);
}

template <typename T>
T must(kjump::Result<T> result) {
  if (!result) {
    die(result.error().text());
  }
  return *std::move(result);
}

fs::path image(const std::string& name) {
  return fs::path(KJUMP_IMAGES) / (name + ".kjump");
}

/// Costs of the thunk, measured once by payloads/thunk_cost.cpp, in the order of its kCalls.
const std::vector<std::uint32_t>& thunk_costs() {
  static const std::vector<std::uint32_t> costs = [] {
    MachineOptions machine;
    machine.extra_arguments = {"-icount", "shift=0"};
    const auto loaded = must(kjump::Image::open(image("bench_thunk_cost")));
    const auto report = must(kjump::make_vm_target(machine)->run(loaded, {}));
    std::vector<std::uint32_t> values(4);
    if (report.jumps.size() != 1 || report.jumps[0].reply.size() != values.size() * sizeof values[0]) {
      die("the thunk payload gave no numbers");
    }
    std::memcpy(values.data(), report.jumps[0].reply.data(), report.jumps[0].reply.size());
    return values;
  }();
  return costs;
}

Number thunk(std::size_t index, std::optional<double> reference, const std::string& what) {
  return {static_cast<double>(thunk_costs().at(index)), "guest instructions", reference,
          what + ", physical mode to real mode and back, least of 5, -icount shift=0"};
}

/// Bytes of executable sections in those members of the stub's archive whose names end in `suffix`.
std::uint64_t code_bytes(const std::string& suffix) {
  const auto archive = fs::path(KJUMP_SUPPORT_DIR) / "libkjump-stub.a";
  elf_version(EV_CURRENT);
  const int fd = open(archive.c_str(), O_RDONLY | O_CLOEXEC);
  std::uint64_t bytes = 0;
  Elf* whole = elf_begin(fd, ELF_C_READ, nullptr);
  Elf_Cmd command = ELF_C_READ;
  while (Elf* member = elf_begin(fd, command, whole)) {
    const Elf_Arhdr* member_header = elf_getarhdr(member);
    const bool wanted = member_header != nullptr && std::string(member_header->ar_name).ends_with(suffix);
    for (Elf_Scn* section = nullptr; wanted && (section = elf_nextscn(member, section)) != nullptr;) {
      if (const Elf32_Shdr* header = elf32_getshdr(section);
          header != nullptr && (header->sh_flags & SHF_EXECINSTR) != 0) {
        bytes += header->sh_size;
      }
    }
    command = elf_next(member);
    elf_end(member);
  }
  elf_end(whole);
  close(fd);
  return bytes;
}

Number stub_and_thunk() {
  return {static_cast<double>(code_bytes(".asm.o")), "bytes", 2048,
          "machine code of kexec entry, mode transitions, thunk and exception handlers (assembly in "
          "libkjump-stub.a)"};
}

Number supervisor() {
  return {static_cast<double>(code_bytes(".cpp.o")), "bytes", std::nullopt,
          "machine code that saves, sets and restores interrupt hardware and fills the exchange (C++ in "
          "libkjump-stub.a)"};
}

Number smallest_image() {
  return {static_cast<double>(fs::file_size(image("bench_empty"))), "bytes", std::nullopt,
          "file of a real-mode image whose kjump_main returns at once, symbols included"};
}

Number round_trip_vs_bare() {
  constexpr int kPairs = 7;
  kjump::LinuxVmOptions options;
  options.machine.extra_arguments = {"-icount", "shift=0,sleep=off", "-nodefaults"};
  kjump::Job job;
  job.limit = std::chrono::seconds(300);
  job.arguments = {"/job/guest", "/job/empty.kjump", "/job/bare.bin", std::to_string(kPairs)};
  job.files = {must(kjump::GuestFile::copy_of(KJUMP_BENCH_GUEST, "/job/guest", true)),
               must(kjump::GuestFile::copy_of(image("bench_empty"), "/job/empty.kjump")),
               must(kjump::GuestFile::copy_of(KJUMP_BARE, "/job/bare.bin"))};
  const auto result = must(kjump::LinuxVm(options).run(job));
  if (result.exit_code != 0) {
    die("the guest failed: " + result.err);
  }
  std::istringstream stream(result.out);
  std::vector<std::uint64_t> ours;
  std::vector<std::uint64_t> bare;
  for (std::uint64_t a = 0, b = 0; stream >> a >> b;) {
    ours.push_back(a);
    bare.push_back(b);
  }
  if (ours.size() != kPairs) {
    die("the guest printed no pairs: " + result.out);
  }
  const auto median = [](std::vector<std::uint64_t> values) {
    std::nth_element(values.begin(), values.begin() + kPairs / 2, values.end());
    return static_cast<double>(values[kPairs / 2]);
  };
  return {median(ours), "ticks", median(bare),
          "session (checks, load, jump, unload) of an empty payload against a bare page, medians of 7 "
          "alternating "
          "pairs in one Linux 6.12 guest, -icount shift=0"};
}

struct Entry {
  const char* key;
  std::function<Number()> measure;
  std::optional<double> highest_ratio = std::nullopt;  ///< to the reference; --check fails above it
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      // iPXE's librm self-test, REAL_CODE(""), measured the same way (bios_calls.md section 4).
      {"thunk.empty_round_trip", [] { return thunk(0, 217, "an empty far call"); }, 1.0},
      {"thunk.int12", [] { return thunk(1, std::nullopt, "INT 12h"); }},
      {"thunk.e820", [] { return thunk(2, std::nullopt, "INT 15h AX=E820h, first entry"); }},
      {"thunk.vbe_4f01", [] { return thunk(3, std::nullopt, "INT 10h AX=4F01h"); }},
      {"size.stub_and_thunk", stub_and_thunk, 1.0},
      {"size.supervisor", supervisor},
      {"size.smallest_image", smallest_image},
      // Aim: 1.05. Measured: 1.3, of which the checks of Session::open are 0.15 (docs/decisions.md).
      {"jump.round_trip_vs_bare", round_trip_vs_bare, 1.5},
  };
  return all;
}

nlohmann::ordered_json as_json(const Number& number) {
  nlohmann::ordered_json json{{"value", number.value}, {"unit", number.unit}};
  json["reference"] = number.reference ? nlohmann::ordered_json(*number.reference) : nlohmann::ordered_json();
  json["ratio"] =
      number.reference ? nlohmann::ordered_json(number.value / *number.reference) : nlohmann::ordered_json();
  json["how"] = number.how;
  return json;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> wanted;
  std::string json_path;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--json" && i + 1 < argc) {
      json_path = argv[++i];
    } else if (std::string(argv[i]) == "--check") {
      check = true;
    } else {
      wanted.emplace_back(argv[i]);
    }
  }
  for (const std::string& name : wanted) {
    if (std::none_of(entries().begin(), entries().end(),
                     [&](const Entry& entry) { return name == entry.key; })) {
      std::fprintf(stderr, "bench: no number is called '%s'; there are:", name.c_str());
      for (const Entry& entry : entries()) {
        std::fprintf(stderr, " %s", entry.key);
      }
      std::fprintf(stderr, "\n");
      return 2;
    }
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  bool over = false;
  for (const Entry& entry : entries()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), entry.key) == wanted.end()) {
      continue;
    }
    const Number number = entry.measure();
    all[entry.key] = as_json(number);
    std::printf("%-26s %12.0f %-18s", entry.key, number.value, number.unit.c_str());
    if (number.reference) {
      std::printf("  reference %.0f, ratio %.3f", *number.reference, number.value / *number.reference);
    }
    const double ratio = number.reference ? number.value / *number.reference : 0;
    if (check && entry.highest_ratio && ratio > *entry.highest_ratio) {
      std::printf("  OVER ITS BOUND %.2f", *entry.highest_ratio);
      over = true;
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  if (!json_path.empty()) {
    std::ofstream(json_path) << all.dump(2) << "\n";
  }
  return over ? 1 : 0;
}
