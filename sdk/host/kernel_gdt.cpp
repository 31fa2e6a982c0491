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

// GDT_ENTRIES is 16 on x86_64 (arch/x86/include/asm/segment.h).
constexpr std::uint16_t kGdtLimit = 16 * 8 - 1;
// The kernel loads TR (selector 0x40, 16 bytes) right after coming back.
constexpr std::uint16_t kSmallestLimit = 0x4F;
constexpr std::uint16_t kLargestLimit = 0xFFF;
constexpr std::uint64_t kKernelHalf = 0xFF00'0000'0000'0000;        // with 5-level tables; smaller with 4
constexpr std::uint64_t kUmipEmulatedBase = 0xFFFF'FFFF'FFFE'0000;  // arch/x86/kernel/umip.c
constexpr std::uint64_t kFixedAlias =
    0xFFFF'FE00'0000'1000;  // cpu_entry_area of CPU 0, without randomisation

// Every GDT of Linux begins a page: struct gdt_page is page-aligned and so is its alias.
Result<KernelGdt> plausible(const DescriptorTable& table, std::string source) {
  if (table.base == kUmipEmulatedBase && table.limit == 0) {
    return fail(ErrorCode::kUnsupported, source + ": the kernel emulates SGDT (UMIP) and hides the address");
  }
  const bool size_fits =
      table.limit >= kSmallestLimit && table.limit <= kLargestLimit && table.limit % 8 == 7;
  if (table.base < kKernelHalf || table.base % abi::kPageBytes != 0 || !size_fits) {
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
  return plausible(system.store_gdt(), kSource);
}

// Does the memory hold what Linux has at selectors 0x10 (64-bit code) and 0x18 (data), DPL 0?
bool holds_kernel_segments(const std::string& table) {
  const auto access = [&](std::uint16_t selector) {
    return static_cast<unsigned char>(table[selector + std::size_t{5}]) & 0xFEU;  // less the accessed bit
  };
  const bool long_mode =
      (static_cast<unsigned char>(table[abi::kSelectorCode64 + std::size_t{6}]) & 0x20U) != 0;
  return access(abi::kSelectorCode64) == 0x9AU && long_mode && access(abi::kSelectorData32) == 0x92U;
}

Result<KernelGdt> from_per_cpu_area(const System& system) {
  static constexpr const char* kSource = "per-CPU area";
  const auto explain = [](Error error) {
    error.what = fmt::format("{}: {}", kSource, error.text());
    return Failure(Error{error.code, error.what, {}, {}, 0});
  };
  const auto symbols = kernel_symbols(system, {"__per_cpu_offset", "gdt_page"});
  if (!symbols) {
    return explain(symbols.error());
  }
  const auto offset_bytes =
      read_kernel_memory(system, symbols->at("__per_cpu_offset"), sizeof(std::uint64_t));
  if (!offset_bytes) {
    return explain(offset_bytes.error());
  }
  std::uint64_t offset = 0;
  std::memcpy(&offset, offset_bytes->data(), sizeof(offset));
  const std::uint64_t base = offset + symbols->at("gdt_page");  // wraps by design
  KJUMP_TRY(KernelGdt found, plausible({base, kGdtLimit}, kSource));
  const auto table = read_kernel_memory(system, base, kGdtLimit + std::size_t{1});
  if (!table) {
    return explain(table.error());
  }
  if (!holds_kernel_segments(*table)) {
    return fail(ErrorCode::kUnsupported, fmt::format("{}: no kernel segments at {:#x}", kSource, base));
  }
  return found;
}

Result<KernelGdt> from_fixed_alias(const Kernel& kernel) {
  static constexpr const char* kSource = "fixed alias of kernels 4.15 to 6.1";
  if (!kernel.has_fixed_gdt_alias()) {
    return fail(ErrorCode::kUnsupported, std::string(kSource) + ": this is " + kernel.version.text());
  }
  return KernelGdt{kFixedAlias, kGdtLimit, kSource};
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
      "boot with clearcpuid=umip, or set kernel.kptr_restrict=1 on a kernel with "
      "CONFIG_KALLSYMS_ALL and CONFIG_PROC_KCORE, or use Linux 6.6.66, 6.12.5, 6.13 or later");
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
  keep(from_sgdt(system, kernel));
  // Reading all of /proc/kallsyms takes a while: not for a kernel that does without.
  if (!search.found && search.needed) {
    keep(from_per_cpu_area(system));
  }
  if (!search.found && search.needed) {
    keep(from_fixed_alias(kernel));
  }
  return search;
}

}  // namespace kjump
