// SPDX-License-Identifier: MIT
#include "link/lld.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kjump/abi/layout.hpp>

#include "link/inputs.hpp"
#include "link/process.hpp"

namespace kjump::linking {
namespace {

namespace fs = std::filesystem;

/// What the linker scripts know of abi/layout.hpp, as KJUMP_<NAME>.
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 19> kLayout{{
    {"PAGE_BYTES", abi::kPageBytes},
    {"REAL_BASE", abi::kRealBase},
    {"REAL_CODE_END", abi::kRealCodeEnd},
    {"REAL_BYTES", abi::kRealBytes},
    {"BOUNCE_BASE", abi::kBounceBase},
    {"BOUNCE_BYTES", abi::kBounceBytes},
    {"FLAT_BASE", abi::kFlatBase},
    {"FLAT_CODE_END", abi::kFlatCodeEnd},
    {"FLAT_END", abi::kFlatEnd},
    {"LONG_TABLES_BASE", abi::kLongTablesBase},
    {"LONG_TABLES_BYTES", abi::kLongTablesBytes},
    {"PAGE_TABLES_BASE", abi::kPageTablesBase},
    {"PAGE_TABLES_BYTES", abi::kPageTablesBytes},
    {"SUPERVISOR_STACK_TOP", abi::kSupervisorStackTop},
    {"REAL_STACK_TOP", abi::kRealStackTop},
    {"FIRMWARE_STACK_TOP", abi::kFirmwareStackTop},
    {"FLAT_STACK_TOP", abi::kFlatStackTop},
    {"EXCHANGE_BASE", abi::kExchangeBase},
    {"EXCHANGE_BYTES", abi::kExchangeBytes},
}};

// Debian's versioned names, newest first. 14 is the oldest one that was tested.
constexpr int kNewestLld = 29;
constexpr int kOldestLld = 14;

Result<fs::path> find_lld() {
  if (auto program = find_program("ld.lld")) {
    return *std::move(program);
  }
  for (int version = kNewestLld; version >= kOldestLld; --version) {
    if (auto program = find_program(fmt::format("ld.lld-{}", version))) {
      return *std::move(program);
    }
  }
  return fail(ErrorCode::kUnsupported, "cannot link: there is no ld.lld in PATH", {}, "apt install lld");
}

/// A path that cannot be taken for an option or a response file.
std::string plain(const fs::path& path) {
  const std::string text = path.string();
  return text.starts_with('-') || text.starts_with('@') ? "./" + text : text;
}

std::vector<std::string> command_line(const fs::path& lld, const LinkOptions& options, const Support& support,
                                      const fs::path& output) {
  const std::string emulation(image::mode_of(options.mode).emulation);
  std::vector<std::string> words{
      lld.string(), "-m", emulation, "-static", "--gc-sections", "--build-id=none", "-T",
      support.script.string(),
      // Lines of functions that nobody calls: not at address 0, where the real segment begins.
      "-z", "dead-reloc-in-nonalloc=.debug_line=0xffffffff"};
  for (const auto& [name, value] : kLayout) {
    // Who calls no firmware has nothing to hand it: 16 pages less to load and to swap in every jump.
    const bool unused = name == "BOUNCE_BYTES" && !options.needs_bios;
    words.push_back(fmt::format("--defsym=KJUMP_{}={:#x}", name, unused ? 0 : value));
  }
  words.insert(words.end(), {"-o", output.string()});
  if (!options.map_file.empty()) {
    words.insert(words.end(), {"-Map", plain(options.map_file)});
  }
  for (const fs::path& input : options.inputs) {
    words.push_back(plain(input));
  }
  words.insert(words.end(),
               {"--start-group", support.runtime.string(), support.stub.string(), "--end-group"});
  return words;
}

/// ld.lld's own words, and what to do about those failures that every author of a payload meets.
Failure explain(const ProcessEnd& end, const fs::path& lld, const image::Mode& mode) {
  std::string words = end.output;
  while (words.ends_with('\n')) {
    words.pop_back();
  }
  const auto says = [&](std::string_view text) { return end.output.find(text) != std::string::npos; };
  if (says("undefined symbol: kjump_main\n")) {
    return fail(ErrorCode::kInvalid, "the payload has no kjump_main:\n" + words, lld.string(),
                "the payload must define extern \"C\" uint32_t kjump_main()");
  }
  std::string hint;
  if (says("is incompatible with")) {
    hint = compile_hint(mode);
  } else if (says("not fit") || says("overlaps with") || says("out of range") ||
             says("unable to move location counter")) {
    hint = "code and data are too large for their place in low memory; make them smaller";
  }
  const std::string what =
      words.empty() ? fmt::format("linking failed with status {}", end.status) : "linking failed:\n" + words;
  return fail(ErrorCode::kInvalid, what, lld.string(), std::move(hint));
}

}  // namespace

Result<void> run_lld(const LinkOptions& options, const Support& support, const fs::path& output) {
  KJUMP_TRY(const fs::path lld, find_lld());
  KJUMP_TRY(const ProcessEnd end, run_process(command_line(lld, options, support, output)));
  if (end.status != 0) {
    return explain(end, lld, image::mode_of(options.mode));
  }
  return {};
}

}  // namespace kjump::linking
