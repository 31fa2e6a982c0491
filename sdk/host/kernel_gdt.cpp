// SPDX-License-Identifier: MIT
#include "host/kernel_gdt.hpp"

#include <fmt/format.h>

#include <cstring>

#include <kjump/abi/layout.hpp>
#include <kjump/abi/processor.hpp>

#include "host/cpu_flags.hpp"
#include "host/kernel_memory.hpp"

namespace kjump {
namespace {

constexpr std::uint64_t kFixedAlias =
    0xFFFF'FE00'0000'1000;  // cpu_entry_area of CPU 0, without randomisation
constexpr std::uint16_t kLargestLimit = 0xFFF;

// What a kernel's GDT looks like (arch/x86/include/asm/segment.h), and where one may lie.
struct Shape {
  std::uint16_t limit;           ///< GDT_ENTRIES descriptors
  std::uint16_t smallest_limit;  ///< with the descriptors that the kernel loads right after coming back
  std::uint64_t kernel_half;     ///< where it begins
  std::uint64_t umip_base;       ///< what a kernel that emulates SGDT answers (arch/x86/kernel/umip.c)
  std::size_t word_bytes;        ///< of an `unsigned long`
  std::uint16_t code, data;
  unsigned code_width;  ///< in the code descriptor's flags: L or D
};

constexpr Shape kWideShape{.limit = 16 * 8 - 1,
                           .smallest_limit = 0x4F,                // TR: selector 0x40, 16 bytes
                           .kernel_half = 0xFF00'0000'0000'0000,  // with 5-level tables; smaller with 4
                           .umip_base = 0xFFFF'FFFF'FFFE'0000,
                           .word_bytes = sizeof(std::uint64_t),
                           .code = abi::kSelectorCode64,
                           .data = abi::kSelectorData32,
                           .code_width = 0x20};
constexpr Shape kNarrowShape{.limit = 32 * 8 - 1,
                             .smallest_limit = 0xDF,      // FS: selector 0xD8, the per-CPU segment
                             .kernel_half = 0x4000'0000,  // PAGE_OFFSET with VMSPLIT_1G, the lowest
                             .umip_base = 0xFFFE'0000,
                             .word_bytes = sizeof(std::uint32_t),
                             .code = abi::kSelectorI386Code,
                             .data = abi::kSelectorI386Data,
                             .code_width = 0x40};

const Shape& shape_of(const Kernel& kernel) {
  return kernel.is_i386() ? kNarrowShape : kWideShape;
}

// Every GDT of Linux begins a page: struct gdt_page is page-aligned and so is its alias.
Result<KernelGdt> plausible(const DescriptorTable& table, const Shape& shape, std::string source) {
  if (table.base == shape.umip_base && table.limit == 0) {
    return fail(ErrorCode::kUnsupported, source + ": the kernel emulates SGDT (UMIP) and hides the address");
  }
  const bool size_fits =
      table.limit >= shape.smallest_limit && table.limit <= kLargestLimit && table.limit % 8 == 7;
  if (table.base < shape.kernel_half || table.base % abi::kPageBytes != 0 || !size_fits) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: {:#x} with limit {:#x} cannot be a kernel GDT",
                                                     source, table.base, table.limit));
  }
  return KernelGdt{table.base, table.limit, std::move(source)};
}

Result<KernelGdt> from_sgdt(System& system, const Kernel& kernel) {
  static constexpr const char* kSource = "SGDT";
  if (!kernel.version.at_least(5, 4)) {
    // Older kernels do not emulate it for 64-bit programs but kill them.
    return fail(ErrorCode::kUnsupported, std::string(kSource) + ": not tried on kernels before 5.4");
  }
  if (has_cpu_flag(system, "umip")) {
    // Not even tried: the kernel would emulate it with a false address and complain to its log.
    return fail(ErrorCode::kUnsupported, std::string(kSource) + ": the processor hides the address (UMIP)");
  }
  const OnCpu0 pinned(system);
  if (pinned.error() != 0) {
    return fail(ErrorCode::kSystem,
                fmt::format("{}: cannot move to CPU 0: {}", kSource, std::strerror(pinned.error())));
  }
  return plausible(system.store_gdt(), shape_of(kernel), kSource);
}

// Does the memory hold the kernel's code and data segment where Linux has them, DPL 0?
bool holds_kernel_segments(const std::string& table, const Shape& shape) {
  const auto byte = [&](std::uint16_t selector, std::size_t offset) {
    return static_cast<unsigned>(static_cast<unsigned char>(table[selector + offset]));
  };
  const auto access = [&](std::uint16_t selector) {
    return byte(selector, 5) & 0xFEU;  // less the accessed bit
  };
  const bool width_fits = (byte(shape.code, 6) & shape.code_width) != 0;
  return access(shape.code) == 0x9AU && width_fits && access(shape.data) == 0x92U;
}

Result<KernelGdt> from_per_cpu_area(const System& system, const Shape& shape) {
  static constexpr const char* kSource = "per-CPU area";
  const auto explain = [](Error error) {
    error.what = fmt::format("{}: {}", kSource, error.text());
    return Failure(Error{error.code, error.what, {}, {}, 0});
  };
  const auto symbols = kernel_symbols(system, {"__per_cpu_offset", "gdt_page"});
  if (!symbols) {
    return explain(symbols.error());
  }
  const auto offset_bytes = read_kernel_memory(system, symbols->at("__per_cpu_offset"), shape.word_bytes);
  if (!offset_bytes) {
    return explain(offset_bytes.error());
  }
  std::uint64_t offset = 0;
  std::memcpy(&offset, offset_bytes->data(), shape.word_bytes);
  const std::uint64_t sum = offset + symbols->at("gdt_page");
  std::uint64_t base = 0;  // the sum wraps by design
  std::memcpy(&base, &sum, shape.word_bytes);
  KJUMP_TRY(KernelGdt found, plausible({base, shape.limit}, shape, kSource));
  const auto table = read_kernel_memory(system, base, shape.limit + std::size_t{1});
  if (!table) {
    return explain(table.error());
  }
  if (!holds_kernel_segments(*table, shape)) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: no kernel segments at {:#x}", kSource, base));
  }
  return found;
}

Result<KernelGdt> from_fixed_alias(const Kernel& kernel) {
  static constexpr const char* kSource = "fixed alias of kernels 4.15 to 6.1";
  if (!kernel.has_fixed_gdt_alias()) {
    return fail(ErrorCode::kUnsupported, std::string(kSource) + ": this is " + kernel.version.text());
  }
  return KernelGdt{kFixedAlias, kWideShape.limit, kSource};
}

}  // namespace

Result<void> KernelGdtSearch::verdict(const Kernel& kernel) const {
  if (!needed || found) {
    return {};
  }
  std::string tried;
  for (const std::string& failure : failures) {
    tried += (tried.empty() ? "" : "; ") + failure;
  }
  return fail(
      ErrorCode::kUnsupported,
      "cannot find the kernel GDT, which Linux " + kernel.version.text() + " needs loaded on the way back",
      tried,
      std::string("boot with clearcpuid=umip, or set kernel.kptr_restrict=1 on a kernel with "
                  "CONFIG_KALLSYMS_ALL and CONFIG_PROC_KCORE") +
          (kernel.is_i386() ? "" : ", or use Linux 6.6.66, 6.12.5, 6.13 or later"));
}

KernelGdtSearch find_kernel_gdt(System& system, const Kernel& kernel) {
  KernelGdtSearch search;
  search.needed = !kernel.restores_gdt();
  const auto keep = [&](Result<KernelGdt> found) {
    if (found) {
      search.found = *std::move(found);
    } else {
      search.failures.push_back(found.error().what);
    }
  };
  if (!search.needed) {
    return search;  // /proc/cpuinfo and /proc/kallsyms take a while to read
  }
  keep(from_sgdt(system, kernel));
  if (!search.found) {
    keep(from_per_cpu_area(system, shape_of(kernel)));
  }
  if (!search.found) {
    keep(from_fixed_alias(kernel));
  }
  return search;
}

}  // namespace kjump
