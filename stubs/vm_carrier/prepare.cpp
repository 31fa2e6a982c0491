// SPDX-License-Identifier: MIT
// First half of the vm target's carrier, 32-bit, paging off: lays out the plan, then brings page tables and
// interrupt hardware into the state in which Linux 6.12 calls an image (kexec_jump.md 1.2, 3.2).
#include <kjump/abi/carrier.hpp>
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/image.hpp>
#include <kjump/abi/processor.hpp>

#include "platform/hpet.hpp"
#include "platform/local_apic.hpp"
#include "platform/pic.hpp"
#include "support/io_port.hpp"
#include "support/msr.hpp"

using namespace kjump;

// What the second half (jump.asm) works with; it lives there.
extern "C" {
extern uint32_t carrier_kernel_cr3;
extern uint32_t carrier_full_cr3;
extern uint32_t carrier_cr4;
extern uint32_t carrier_entry;
extern uint32_t carrier_jumps;
extern uint32_t carrier_hpet;
extern uint32_t carrier_x2apic;
extern const void* carrier_exchange_original;
}

namespace {

// Multiboot specification 0.6.96, section 3.3.
struct MultibootInfo {
  uint32_t flags;
  uint32_t memory_lower_kib;
  uint32_t memory_upper_kib;
  uint32_t boot_device;
  uint32_t command_line;
  uint32_t module_count;
  uint32_t modules;
  uint32_t symbols[4];
  uint32_t map_bytes;
  uint32_t map;
};
struct __attribute__((packed)) MultibootMapEntry {
  uint32_t bytes_that_follow;
  uint64_t start;
  uint64_t bytes;
  uint32_t type;
};
struct MultibootModule {
  uint32_t start;
  uint32_t end;
};
constexpr uint32_t kMultibootBootMagic = 0x2BADB002;
constexpr uint32_t kMultibootHasMemory = 1u << 0;
constexpr uint32_t kMultibootHasModules = 1u << 3;
constexpr uint32_t kMultibootHasMap = 1u << 6;
// Types of ranges are those of INT 15h AX=E820h: 1 RAM, 3 ACPI tables, 4 ACPI non-volatile storage.
constexpr uint32_t kRamTypes = 1u << 1 | 1u << 3 | 1u << 4;

// Places of the carrier's own, between its code and the results; all below kCarrierMinMemoryMib.
constexpr uint32_t kKernelTables = 0x1C00000;  // as Linux builds them: RAM only
constexpr uint32_t kFullTables = 0x1D00000;    // everything below 4 GiB, for the carrier itself
constexpr uint32_t kPlanCopy = 0x1000000;      // 16 MiB: the plan, out of the pieces' way
constexpr uint32_t kPlanMost = kKernelTables - kPlanCopy;
constexpr uint32_t kTable = 3;  // present, writable
constexpr uint32_t kLeaf2M = 0x83;
constexpr uint32_t kBytes2M = 1u << 21;
constexpr uint32_t kLinuxHpetConfig = 3;  // enabled, legacy replacement

constexpr uint32_t kApicEnabledSpurious = 0x10F;  // what restore_boot_irq_mode() leaves
constexpr uint32_t kApicExtInt = 0x700;
constexpr uint32_t kApicNmi = 0x400;
constexpr uint32_t kApicMasked = 0x10000;

auto* result() {
  return reinterpret_cast<abi::CarrierResult*>(abi::kCarrierResultBase);
}

[[noreturn]] void give_up(uint32_t error) {
  result()->magic = abi::kCarrierMagic;
  result()->error = error;
  for (;;) {
    io::write8(abi::kDebugExitPort, abi::kDebugExitFailed);
  }
}

const abi::CarrierPlan& take_plan(uint32_t magic, const MultibootInfo& info) {
  if (magic != kMultibootBootMagic || (info.flags & kMultibootHasModules) == 0 || info.module_count != 1) {
    give_up(abi::kCarrierErrorPlan);
  }
  const auto& module = *reinterpret_cast<const MultibootModule*>(info.modules);
  const uint32_t bytes = module.end - module.start;
  if (bytes < sizeof(abi::CarrierPlan) || bytes > kPlanMost) {
    give_up(abi::kCarrierErrorPlan);
  }
  __builtin_memmove(reinterpret_cast<void*>(kPlanCopy), reinterpret_cast<const void*>(module.start), bytes);
  const auto& plan = *reinterpret_cast<const abi::CarrierPlan*>(kPlanCopy);
  if (plan.magic != abi::kCarrierMagic || plan.jumps > abi::kCarrierMaxJumps) {
    give_up(abi::kCarrierErrorPlan);
  }
  return plan;
}

/// Puts the pieces into place; returns the content of the piece that holds the exchange header.
const void* lay_out(const abi::CarrierPlan& plan) {
  const auto* piece = reinterpret_cast<const abi::CarrierPiece*>(&plan + 1);
  const auto* content = reinterpret_cast<const uint8_t*>(piece + plan.piece_count);
  const void* header = nullptr;
  for (uint32_t i = 0; i < plan.piece_count; ++i, ++piece) {
    auto* to = reinterpret_cast<uint8_t*>(piece->address);
    __builtin_memcpy(to, content, piece->content_bytes);
    __builtin_memset(to + piece->content_bytes, 0, piece->memory_bytes - piece->content_bytes);
    if (piece->address == plan.header_address) {
      header = content;
    }
    content += piece->content_bytes;
  }
  return header;
}

/// Tells the image what RAM there is, as a loader on Linux would.
void fill_memory_map(const abi::CarrierPlan& plan, const MultibootInfo& info) {
  if (plan.memory_map == 0 || (info.flags & kMultibootHasMap) == 0) {
    return;
  }
  auto& map = *reinterpret_cast<abi::MemoryMap*>(plan.memory_map);
  for (uint32_t at = info.map; at < info.map + info.map_bytes && map.count < abi::kRamRanges;) {
    const auto& entry = *reinterpret_cast<const MultibootMapEntry*>(at);
    if (entry.type < 32 && (kRamTypes >> entry.type & 1) != 0) {
      map.ranges[map.count++] = {entry.start, entry.start + entry.bytes};
    }
    at += entry.bytes_that_follow + static_cast<uint32_t>(sizeof entry.bytes_that_follow);
  }
}

/// Identity map with 2 MiB leaves; returns the root for CR3.
uint32_t build_tables(uint32_t base, uint64_t mapped_bytes, bool five_levels) {
  auto table = [base](uint32_t index) { return reinterpret_cast<uint64_t*>(base + index * 0x1000); };
  __builtin_memset(table(0), 0, 7 * 0x1000);
  table(0)[0] = base + 0x1000 + kTable;  // PML5
  table(1)[0] = base + 0x2000 + kTable;  // PML4
  const auto leaves = static_cast<uint32_t>((mapped_bytes + kBytes2M - 1) / kBytes2M);
  for (uint32_t leaf = 0; leaf < leaves && leaf < 4 * 512; ++leaf) {
    const uint32_t directory = 3 + leaf / 512;
    table(2)[leaf / 512] = base + directory * 0x1000 + kTable;
    table(directory)[leaf % 512] = static_cast<uint64_t>(leaf) * kBytes2M + kLeaf2M;
  }
  return five_levels ? base : base + 0x1000;
}

bool processor_has_la57() {
  uint32_t eax = 7;
  uint32_t ebx = 0;
  uint32_t ecx = 0;
  uint32_t edx = 0;
  uint32_t most = 0;
  asm("cpuid" : "=a"(most) : "a"(0) : "ebx", "ecx", "edx");
  if (most < 7) {
    return false;
  }
  asm("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (ecx & (1u << 16)) != 0;
}

// x2APIC mode where the processor has it, as Linux on such a machine (SDM volume 3, 10.12.1). QEMU's TCG has
// not.
void enable_x2apic() {
  constexpr uint32_t kHasX2apic = 1u << 21;
  constexpr uint32_t kModeX2apic = 1u << 10;
  uint32_t eax = 1;
  uint32_t ecx = 0;
  asm("cpuid" : "+a"(eax), "=c"(ecx) : : "ebx", "edx");
  if ((ecx & kHasX2apic) != 0) {
    write_msr(abi::kMsrApicBase, read_msr(abi::kMsrApicBase) | kModeX2apic);
    carrier_x2apic = 1;
  }
}

void build_kernel_gdt() {
  auto* gdt = reinterpret_cast<uint64_t*>(abi::kCarrierGdtBase);
  __builtin_memset(gdt, 0, abi::kCarrierGdtLimit + 1u);
  gdt[abi::kSelectorCode64 / 8] = 0x00AF9B000000FFFF;
  gdt[abi::kSelectorData32 / 8] = 0x00CF93000000FFFF;
  gdt[abi::kCarrierTss / 8] = 0x0000890000000067;  // 64-bit TSS at address 0, never used, only loaded
}

/// Interrupt hardware as kernel_kexec() leaves it.
void quiesce() {
  platform::PicState pic = platform::read_pic();
  pic.mask[0] = 0xFF;
  pic.mask[1] = 0xFF;
  platform::set_pic_for_linux(pic);
  platform::write_hpet_config(carrier_hpet, kLinuxHpetConfig);
  enable_x2apic();
  const platform::LocalApic apic;
  apic.write(platform::kApicSpurious, kApicEnabledSpurious);
  apic.write(platform::kApicLint0, kApicExtInt);
  apic.write(platform::kApicLint1, kApicNmi);
  apic.write(platform::kApicTimer, kApicMasked);
  apic.write(platform::kApicTaskPriority, abi::kCarrierTaskPriority);
}

}  // namespace

/// Called by entry.asm with what the Multiboot loader handed over.
extern "C" void carrier_prepare(uint32_t magic, const MultibootInfo* info) {
  __builtin_memset(result(), 0, sizeof(abi::CarrierResult));
  const abi::CarrierPlan& plan = take_plan(magic, *info);
  // Before the pieces: GRUB leaves its information where they go.
  const uint64_t memory_top =
      (info->flags & kMultibootHasMemory) != 0 ? (uint64_t{info->memory_upper_kib} + 1024) * 1024 : 0;
  carrier_exchange_original = lay_out(plan);
  fill_memory_map(plan, *info);
  const bool five_levels = processor_has_la57();
  carrier_kernel_cr3 = build_tables(kKernelTables, memory_top, five_levels);
  carrier_full_cr3 = build_tables(kFullTables, uint64_t{1} << 32, five_levels);
  carrier_cr4 = abi::kCr4Pae | (five_levels ? abi::kCr4La57 : 0);
  carrier_entry = plan.entry;
  carrier_jumps = plan.jumps;
  carrier_hpet = plan.hpet_base;
  build_kernel_gdt();
  quiesce();
  result()->magic = abi::kCarrierMagic;
  result()->nonce = plan.nonce;
  result()->gdt_base = abi::kCarrierGdtBase;
}
