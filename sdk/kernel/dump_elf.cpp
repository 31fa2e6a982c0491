// SPDX-License-Identifier: MIT
// A dump as an ELF core file (elf(5); the kernel's fs/proc/vmcore.c): memory lies where PT_LOADs say.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "hibernate/vmcoreinfo.hpp"
#include "kernel/dump.hpp"

namespace kjump::two_kernels {
namespace {

constexpr std::uint64_t kElfPage = abi::kPageBytes;
// The kernel's notes of a few thousand processors, and makedumpfile's segments of a fragmented memory.
constexpr std::uint64_t kMostNotes = std::uint64_t{16} << 20;
constexpr std::uint64_t kMostSegments = std::uint64_t{1} << 20;
constexpr std::uint64_t kHighestAddress = std::uint64_t{1} << 52;

Failure malformed_elf(const DumpSource& source, const std::string& what) {
  return fail(ErrorCode::kMalformed, what, source.name());
}

/// Whole pages of physical memory that lie one after the other in the file.
struct ElfRun {
  std::uint64_t physical = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

class ElfDump final : public Dump {
 public:
  explicit ElfDump(std::unique_ptr<DumpSource> source) : source_(std::move(source)) {}

  Result<void> parse();
  [[nodiscard]] bool has_page(std::uint64_t frame) const override {
    return frame < kHighestAddress / kElfPage && run_at(frame * kElfPage) != nullptr;
  }
  [[nodiscard]] Result<void> read(std::uint64_t physical, std::span<std::byte> to) override;

 private:
  [[nodiscard]] Result<std::uint64_t> segment_count(const Elf64_Ehdr& header) const;
  Result<void> take(const Elf64_Phdr& segment);
  Result<void> take_notes(const Elf64_Phdr& segment);
  void make_disjoint();
  [[nodiscard]] const ElfRun* run_at(std::uint64_t physical) const;
  [[nodiscard]] std::uint64_t next_run_after(std::uint64_t physical) const;

  std::unique_ptr<DumpSource> source_;
  std::vector<ElfRun> runs_;  ///< sorted and disjoint
};

Result<std::uint64_t> ElfDump::segment_count(const Elf64_Ehdr& header) const {
  if (header.e_phnum != PN_XNUM) {
    return header.e_phnum;
  }
  Elf64_Shdr first{};  // elf(5): the real number is in section 0
  KJUMP_CHECK(source_->read(header.e_shoff, std::as_writable_bytes(std::span(&first, 1))));
  return first.sh_info;
}

Result<void> ElfDump::parse() {
  Elf64_Ehdr header{};
  KJUMP_CHECK(source_->read(0, std::as_writable_bytes(std::span(&header, 1))));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    return fail(ErrorCode::kUnsupported, "a core file of another architecture than x86_64", source_->name());
  }
  if (header.e_type != ET_CORE || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return malformed_elf(*source_, "an ELF file, but no dump of memory");
  }
  KJUMP_TRY(const std::uint64_t count, segment_count(header));
  if (count > kMostSegments) {
    return malformed_elf(*source_, fmt::format("{} segments cannot be", count));
  }
  if (count * sizeof(Elf64_Phdr) > source_->bytes()) {
    return fail(ErrorCode::kMalformed, "the dump is cut off in its list of segments", source_->name());
  }
  std::vector<Elf64_Phdr> segments(static_cast<std::size_t>(count));
  KJUMP_CHECK(source_->read(header.e_phoff, std::as_writable_bytes(std::span(segments))));
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_NOTE) {
      KJUMP_CHECK(take_notes(segment));
    } else if (segment.p_type == PT_LOAD) {
      KJUMP_CHECK(take(segment));
    }
  }
  if (facts_.memory.empty()) {
    return malformed_elf(*source_, "the dump holds no memory");
  }
  make_disjoint();
  return {};
}

// Rounded inwards: a page of which a part is somebody else's is none of the kernel's.
Result<void> ElfDump::take(const Elf64_Phdr& segment) {
  if (segment.p_memsz > kHighestAddress || segment.p_paddr > kHighestAddress - segment.p_memsz ||
      segment.p_filesz > segment.p_memsz) {
    return malformed_elf(*source_, fmt::format("a segment of {:#x} bytes at {:#x} cannot be", segment.p_memsz,
                                               segment.p_paddr));
  }
  if (segment.p_offset > source_->bytes() || segment.p_filesz > source_->bytes() - segment.p_offset) {
    return fail(ErrorCode::kMalformed,
                fmt::format("the dump is cut off: memory at {:#x} goes on beyond its end", segment.p_paddr),
                source_->name(), "copy it again, to a disk with room enough");
  }
  const std::uint64_t first = (segment.p_paddr + kElfPage - 1) / kElfPage * kElfPage;
  const std::uint64_t end = (segment.p_paddr + segment.p_memsz) / kElfPage * kElfPage;
  if (first >= end) {
    return {};
  }
  facts_.memory.push_back({first, end - first});
  const std::uint64_t data_end = (segment.p_paddr + segment.p_filesz) / kElfPage * kElfPage;
  if (first < data_end) {
    runs_.push_back({first, data_end - first, segment.p_offset + (first - segment.p_paddr)});
  }
  return {};
}

Result<void> ElfDump::take_notes(const Elf64_Phdr& segment) {
  if (segment.p_filesz > kMostNotes) {
    return malformed_elf(*source_, fmt::format("notes of {} bytes cannot be", segment.p_filesz));
  }
  std::string notes(static_cast<std::size_t>(segment.p_filesz), '\0');
  KJUMP_CHECK(source_->read(segment.p_offset, std::as_writable_bytes(std::span(notes))));
  if (notes.find("ERASEINFO") != std::string::npos) {  // makedumpfile --config
    return fail(ErrorCode::kUnsupported, "data was erased from this dump on purpose", source_->name(),
                "a kernel can go on from a dump with all of its data only");
  }
  if (const auto text = hibernate::find_vmcoreinfo(notes); text && facts_.vmcoreinfo.empty()) {
    facts_.vmcoreinfo = text->substr(0, text->find('\0'));
    facts_.release = release_in(facts_.vmcoreinfo);
  }
  return {};
}

// The kernel's text has a segment of its own beside that of the memory that it lies in; both hold the same.
void ElfDump::make_disjoint() {
  facts_.memory = united(std::move(facts_.memory));
  for (const MemoryPiece& piece : facts_.memory) {
    facts_.pages += piece.bytes / kElfPage;
  }
  std::sort(runs_.begin(), runs_.end(), [](const ElfRun& a, const ElfRun& b) {
    return a.physical != b.physical ? a.physical < b.physical : a.bytes > b.bytes;
  });
  std::vector<ElfRun> disjoint;
  std::uint64_t end = 0;
  for (ElfRun run : runs_) {
    const std::uint64_t skip = std::min(run.bytes, end > run.physical ? end - run.physical : 0);
    run = {run.physical + skip, run.bytes - skip, run.offset + skip};
    if (run.bytes != 0) {
      end = run.physical + run.bytes;
      facts_.pages_there += run.bytes / kElfPage;
      disjoint.push_back(run);
    }
  }
  runs_ = std::move(disjoint);
}

const ElfRun* ElfDump::run_at(std::uint64_t physical) const {
  auto run = std::upper_bound(runs_.begin(), runs_.end(), physical,
                              [](std::uint64_t at, const ElfRun& it) { return at < it.physical; });
  if (run == runs_.begin()) {
    return nullptr;
  }
  --run;
  return physical - run->physical < run->bytes ? &*run : nullptr;
}

std::uint64_t ElfDump::next_run_after(std::uint64_t physical) const {
  const auto run = std::upper_bound(runs_.begin(), runs_.end(), physical,
                                    [](std::uint64_t at, const ElfRun& it) { return at < it.physical; });
  return run == runs_.end() ? UINT64_MAX : run->physical;
}

Result<void> ElfDump::read(std::uint64_t physical, std::span<std::byte> to) {
  if (!covers(physical, to.size())) {
    return fail(ErrorCode::kMalformed, fmt::format("the dump says nothing of memory at {:#x}", physical),
                source_->name());
  }
  while (!to.empty()) {
    const ElfRun* run = run_at(physical);
    const std::uint64_t end = run != nullptr ? run->physical + run->bytes : next_run_after(physical);
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), end - physical));
    if (run != nullptr) {
      KJUMP_CHECK(source_->read(run->offset + (physical - run->physical), to.first(part)));
    } else {
      std::fill_n(to.begin(), part, std::byte{0});
    }
    physical += part;
    to = to.subspan(part);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Dump>> open_elf_dump(std::unique_ptr<DumpSource> source) {
  auto dump = std::make_unique<ElfDump>(std::move(source));
  KJUMP_CHECK(dump->parse());
  return std::unique_ptr<Dump>(std::move(dump));
}

}  // namespace kjump::two_kernels
