// SPDX-License-Identifier: MIT
// Never linked. Compiled to assembly text, from which cmake/KjumpAbiInc.cmake picks the lines that begin
// with "->": that is abi.inc, the constants of the abi headers for NASM.
#include <stddef.h>

#include <kjump/abi/boot.hpp>
#include <kjump/abi/carrier.hpp>
#include <kjump/abi/crash_record.hpp>
#include <kjump/abi/exchange.hpp>
#include <kjump/abi/fault.hpp>
#include <kjump/abi/firmware_call.hpp>
#include <kjump/abi/guard.hpp>
#include <kjump/abi/hibernate/slots.hpp>
#include <kjump/abi/hibernate/store.hpp>
#include <kjump/abi/image.hpp>
#include <kjump/abi/layout.hpp>
#include <kjump/abi/local_apic.hpp>
#include <kjump/abi/processor.hpp>
#include <kjump/abi/two_kernels.hpp>

#define VALUE(name, value) asm volatile(".ascii \"->%%define " #name " %c0\"" : : "i"(value))
#define OFFSET(name, type, member) VALUE(name, offsetof(type, member))

namespace kjump::abi {

void boot() {
  VALUE(BOOT_CODE_BYTES, kBootCodeBytes);
  VALUE(BOOT_SECTOR_BYTES, kBootSectorBytes);
  VALUE(BOOT_SECTOR_ADDRESS, kBootSectorAddress);
  VALUE(BOOT_SECTOR_FIELDS, kBootSectorFields);
  VALUE(BOOT_SECTOR_MAGIC, kBootSectorMagic);
  OFFSET(BOOT_SECTOR_CRC, BootSectorFields, block_crc);
  VALUE(BOOT_BLOCK_ADDRESS, kBootBlockAddress);
  VALUE(BOOT_BLOCK_BYTES, kBootBlockBytes);
  VALUE(BOOT_BLOCK_CODE, kBootBlockCode);
  VALUE(BOOT_BLOCK_MAGIC, kBootBlockMagic);
  OFFSET(BOOT_BLOCK_COUNT, BootBlockFields, pieces);
  OFFSET(BOOT_BLOCK_ENTRY, BootBlockFields, entry);
  OFFSET(BOOT_BLOCK_HAS_OLD_CODE, BootBlockFields, has_old_code);
  OFFSET(BOOT_BLOCK_OLD_CODE, BootBlockFields, old_code);
  OFFSET(BOOT_BLOCK_COMMITS, BootBlockFields, commits);
  OFFSET(BOOT_BLOCK_STATES, BootBlockFields, states);
  VALUE(BOOT_RECORDS_ADDRESS, kBootRecordsAddress);
  VALUE(BOOT_ON, kBootOn);
  VALUE(BOOT_SLOTS, hibernate::kSlots);
  VALUE(COMMIT_MAGIC_LOW, hibernate::kCommitMagic & 0xFFFFFFFF);
  VALUE(COMMIT_MAGIC_HIGH, hibernate::kCommitMagic >> 32);
  VALUE(STATE_MAGIC_LOW, hibernate::kStateMagic & 0xFFFFFFFF);
  VALUE(STATE_MAGIC_HIGH, hibernate::kStateMagic >> 32);
  OFFSET(COMMIT_GENERATION, hibernate::CommitRecord, generation);
  OFFSET(STATE_GENERATION, hibernate::StateRecord, generation);
  OFFSET(STATE_STATE, hibernate::StateRecord, state);
  OFFSET(STATE_ATTEMPTS, hibernate::StateRecord, attempts);
  VALUE(STATE_DONE, static_cast<int>(hibernate::ImageState::kDone));
  VALUE(MOST_ATTEMPTS, hibernate::kMostAttempts);
  VALUE(BOOT_SKIP_MAGIC, hibernate::kBootSkipMagic);
  VALUE(BOOT_BLOCK_PIECES, kBootBlockPieces);
  VALUE(BOOT_PIECE_BYTES, kBootPieceBytes);
  OFFSET(PIECE_SECTOR, BootPiece, sector);
  OFFSET(PIECE_ADDRESS, BootPiece, address);
  OFFSET(PIECE_CRC, BootPiece, crc);
  OFFSET(PIECE_SECTORS, BootPiece, sectors);
  VALUE(BOOT_CLEAR_BASE, kBootClearBase);
  VALUE(BOOT_CLEAR_END, kBootClearEnd);
  VALUE(CRC_POLYNOMIAL, kCrcPolynomial);
}

void layout() {
  VALUE(REAL_BASE, kRealBase);
  VALUE(REAL_SEGMENT, kRealSegment);
  VALUE(FLAT_BASE, kFlatBase);
  VALUE(SUPERVISOR_STACK_TOP, kSupervisorStackTop);
  VALUE(REAL_STACK_TOP, kRealStackTop);
  VALUE(FIRMWARE_STACK_TOP, kFirmwareStackTop);
  VALUE(BOUNCE_BASE, kBounceBase);
  VALUE(BOUNCE_SEGMENT, kBounceSegment);
  VALUE(EXCHANGE_BASE, kExchangeBase);
  VALUE(EXCHANGE_SEGMENT, kExchangeSegment);
  VALUE(FLAT_STACK_TOP, kFlatStackTop);
  VALUE(FLAT_STACK_BYTES, kFlatStackBytes);
  VALUE(PAGE_TABLES_BASE, kPageTablesBase);
  VALUE(PAGE_BYTES, kPageBytes);
  VALUE(LONG_TABLES_BASE, kLongTablesBase);
  VALUE(LONG_FAULT_STACK_TOP, kLongFaultStackTop);
  VALUE(LONG_NMI_STACK_TOP, kLongNmiStackTop);
}

void processor() {
  VALUE(SEL_CODE32, kSelectorCode32);
  VALUE(SEL_CODE64, kSelectorCode64);
  VALUE(SEL_DATA32, kSelectorData32);
  VALUE(SEL_CODE16, kSelectorCode16);
  VALUE(SEL_DATA16, kSelectorData16);
  VALUE(SEL_TSS64, kSelectorTss64);
  VALUE(SEL_I386_CODE, kSelectorI386Code);
  VALUE(SEL_I386_DATA, kSelectorI386Data);
  VALUE(GDT_BYTES, kGdtBytes);
  VALUE(CR0_PE, kCr0ProtectionEnable);
  VALUE(CR0_MP, kCr0MonitorCoprocessor);
  VALUE(CR0_EM, kCr0Emulation);
  VALUE(CR0_TS, kCr0TaskSwitched);
  VALUE(CR0_NE, kCr0NumericError);
  VALUE(CR0_WP, kCr0WriteProtect);
  VALUE(CR0_NW, kCr0NotWriteThrough);
  VALUE(CR0_CD, kCr0CacheDisable);
  VALUE(CR0_PG, kCr0Paging);
  VALUE(CR4_PAE, kCr4Pae);
  VALUE(CR4_OSFXSR, kCr4Osfxsr);
  VALUE(CR4_OSXMMEXCPT, kCr4Osxmmexcpt);
  VALUE(CR4_LA57, kCr4La57);
  VALUE(CPUID_EXTENDED, kCpuidExtended);
  VALUE(CPUID_HAS_EFER, kCpuidHasEfer);
  VALUE(MSR_EFER, kMsrEfer);
  VALUE(MSR_X2APIC_TPR, kMsrX2apicTpr);
  VALUE(MSR_FS_BASE, kMsrFsBase);
  VALUE(MSR_GS_BASE, kMsrGsBase);
  VALUE(EFER_LME, kEferLongModeEnable);
  VALUE(EFER_LMA, kEferLongModeActive);
  VALUE(EFER_SCE, kEferSyscallEnable);
  VALUE(EFER_NXE, kEferNoExecuteEnable);
  VALUE(FLAGS_FIXED, kFlagsFixed);
  VALUE(FLAGS_TF, kFlagsTrap);
  VALUE(FLAGS_IF, kFlagsInterrupt);
  VALUE(FLAGS_DF, kFlagsDirection);
  VALUE(FLAGS_AC, kFlagsAlignmentCheck);
  VALUE(EXCEPTION_VECTORS, kExceptionVectors);
  VALUE(VECTOR_NMI, kVectorNmi);
  VALUE(VECTOR_PAGE_FAULT, kVectorPageFault);
  VALUE(VECTOR_BREAKPOINT, kVectorBreakpoint);
  VALUE(SLAVE_VECTORS, kSlaveVectors);
  VALUE(IDT_VECTORS, kIdtVectors);
  VALUE(VECTORS_WITH_ERROR_CODE, kVectorsWithErrorCode);
}

void firmware_call() {
  VALUE(FIRMWARE_REGISTERS_BYTES, kFirmwareRegistersBytes);
  OFFSET(REG_GS, FirmwareRegisters, gs);
  OFFSET(REG_FS, FirmwareRegisters, fs);
  OFFSET(REG_ES, FirmwareRegisters, es);
  OFFSET(REG_DS, FirmwareRegisters, ds);
  OFFSET(REG_EDI, FirmwareRegisters, edi);
  OFFSET(REG_ESI, FirmwareRegisters, esi);
  OFFSET(REG_EBP, FirmwareRegisters, ebp);
  OFFSET(REG_STACK, FirmwareRegisters, stack);
  OFFSET(REG_EBX, FirmwareRegisters, ebx);
  OFFSET(REG_EDX, FirmwareRegisters, edx);
  OFFSET(REG_ECX, FirmwareRegisters, ecx);
  OFFSET(REG_EAX, FirmwareRegisters, eax);
  OFFSET(REG_EFLAGS, FirmwareRegisters, eflags);
  OFFSET(CALL_EFLAGS, FirmwareCall, registers.eflags);
  VALUE(FIRMWARE_CALL_BYTES, sizeof(FirmwareCall));
  OFFSET(CALL_KIND, FirmwareCall, kind);
  OFFSET(CALL_VECTOR, FirmwareCall, vector);
  OFFSET(CALL_TARGET, FirmwareCall, target_offset);
  OFFSET(CALL_REPAIRS, FirmwareCall, repairs);
  OFFSET(CALL_DEADLINE, FirmwareCall, deadline_ms);
  OFFSET(CALL_STACK, FirmwareCall, registers.stack);
  OFFSET(CALL_EAX, FirmwareCall, registers.eax);
  VALUE(CALL_INTERRUPT, static_cast<int>(CallKind::kInterrupt));
  VALUE(REPAIR_A20, kRepairA20);
  VALUE(REPAIR_PIC_MASK, kRepairPicMask);
}

void image() {
  VALUE(PARAMETERS_MAGIC, kParametersMagic);
  VALUE(PARAMETERS_BYTES, kLoaderParametersBytes);
  VALUE(PARAMETER_HAS_EXCHANGE, kParameterHasExchange);
  VALUE(PARAMETER_LOAD_KERNEL_GDT, kParameterLoadKernelGdt);
  VALUE(PARAMETER_PAE, kParameterPae);
  VALUE(MEMORY_MAP_MAGIC, kMemoryMapMagic);
  VALUE(MEMORY_MAP_BYTES, kMemoryMapBytes);
  VALUE(WAKE_JUMP_BYTES, kWakeJumpBytes);
  OFFSET(PARAMETERS_FLAGS, LoaderParameters, flags);
  OFFSET(PARAMETERS_GDT_BASE, LoaderParameters, kernel_gdt_base);
  OFFSET(PARAMETERS_GDT_LIMIT, LoaderParameters, kernel_gdt_limit);
  OFFSET(PARAMETERS_OWN_BYTES, LoaderParameters, parameters_bytes);
  OFFSET(PARAMETERS_WAKE_CODE, LoaderParameters, wake_code);
  OFFSET(PARAMETERS_DISPLACED, LoaderParameters, displaced);
}

void exchange() {
  VALUE(EXCHANGE_MAGIC, kExchangeMagic);
  OFFSET(HEADER_SEQUENCE, ExchangeHeader, sequence);
  OFFSET(HEADER_OUTCOME, ExchangeHeader, outcome);
  OFFSET(HEADER_STATUS, ExchangeHeader, status);
  VALUE(EXCHANGE_BYTES, kExchangeBytes);
  VALUE(TRAIL_BYTES, sizeof(Trail));
  OFFSET(TRAIL_CALLS, Trail, calls);
  OFFSET(TRAIL_CALL, Trail, call);
  OFFSET(TRAIL_TARGET, Trail, target);
  OFFSET(TRAIL_EAX, Trail, eax);
  OFFSET(TRAIL_IN_CALL, Trail, in_call);
  VALUE(OUTCOME_RETURNED, static_cast<int>(Outcome::kReturned));
  VALUE(OUTCOME_FAULT, static_cast<int>(Outcome::kFault));
  VALUE(OUTCOME_REFUSED, static_cast<int>(Outcome::kRefused));
  VALUE(ENTRY_STATE_BYTES, kEntryStateBytes);
  OFFSET(ENTRY_RSP, EntryState, rsp);
  OFFSET(ENTRY_RETURN, EntryState, return_address);
  OFFSET(ENTRY_RFLAGS, EntryState, rflags);
  OFFSET(ENTRY_CR0, EntryState, cr0);
  OFFSET(ENTRY_CR3, EntryState, cr3);
  OFFSET(ENTRY_CR4, EntryState, cr4);
  OFFSET(ENTRY_EFER, EntryState, efer);
  OFFSET(ENTRY_GDT_BASE, EntryState, gdt_base);
  OFFSET(ENTRY_IDT_BASE, EntryState, idt_base);
  OFFSET(ENTRY_FS_BASE, EntryState, fs_base);
  OFFSET(ENTRY_GS_BASE, EntryState, gs_base);
  OFFSET(ENTRY_DR7, EntryState, dr7);
  OFFSET(ENTRY_GDT_LIMIT, EntryState, gdt_limit);
  OFFSET(ENTRY_IDT_LIMIT, EntryState, idt_limit);
  OFFSET(ENTRY_CS, EntryState, cs);
  OFFSET(ENTRY_SS, EntryState, ss);
  OFFSET(ENTRY_DS, EntryState, ds);
  OFFSET(ENTRY_ES, EntryState, es);
  OFFSET(ENTRY_FS, EntryState, fs);
  OFFSET(ENTRY_GS, EntryState, gs);
  OFFSET(ENTRY_TR, EntryState, tr);
  OFFSET(ENTRY_LDTR, EntryState, ldtr);
  OFFSET(ENTRY_DOOR, EntryState, door);
  VALUE(DOOR_KEXEC, static_cast<int>(Door::kKexec));
  VALUE(DOOR_WAKE, static_cast<int>(Door::kWake));
  VALUE(DOOR_BOOT, static_cast<int>(Door::kBoot));
  OFFSET(ENTRY_BOOT_DRIVE, EntryState, boot_drive);
}

void fault() {
  VALUE(FAULT_BYTES, sizeof(FaultRecord));
  OFFSET(FAULT_VECTOR, FaultRecord, vector);
  OFFSET(FAULT_ERROR_CODE, FaultRecord, error_code);
  OFFSET(FAULT_IP, FaultRecord, ip);
  OFFSET(FAULT_CS, FaultRecord, cs);
  OFFSET(FAULT_FLAGS, FaultRecord, flags);
  OFFSET(FAULT_SP, FaultRecord, sp);
  OFFSET(FAULT_AX, FaultRecord, ax);
  OFFSET(FAULT_BX, FaultRecord, bx);
  OFFSET(FAULT_CX, FaultRecord, cx);
  OFFSET(FAULT_DX, FaultRecord, dx);
  OFFSET(FAULT_SI, FaultRecord, si);
  OFFSET(FAULT_DI, FaultRecord, di);
  OFFSET(FAULT_BP, FaultRecord, bp);
  OFFSET(FAULT_R8, FaultRecord, r8);
  OFFSET(FAULT_CR2, FaultRecord, cr2);
  OFFSET(FAULT_DR6, FaultRecord, dr6);
  OFFSET(FAULT_SS, FaultRecord, ss);
  OFFSET(FAULT_DS, FaultRecord, ds);
  OFFSET(FAULT_ES, FaultRecord, es);
  OFFSET(FAULT_FS, FaultRecord, fs);
  OFFSET(FAULT_GS, FaultRecord, gs);
  OFFSET(FAULT_MODE, FaultRecord, mode);
  VALUE(FAULT_IN_REAL, static_cast<int>(FaultMode::kReal));
  VALUE(FAULT_IN_PHYSICAL, static_cast<int>(FaultMode::kPhysical));
  VALUE(FAULT_IN_LONG, static_cast<int>(FaultMode::kLong));
  VALUE(VECTOR_DEADLINE, kVectorDeadline);
  VALUE(EDGE_WATCH_NONE, static_cast<int>(EdgeWatch::kNone));
  VALUE(EDGE_WATCH_RUNNING, static_cast<int>(EdgeWatch::kRunning));
  VALUE(VECTOR_TIMER, kVectorTimer);
  VALUE(HOOKED_VECTORS, kHookedVectors);
  VALUE(HOOKED_VECTOR_MASK, kHookedVectorMask);
  VALUE(FIRST_IRQ_VECTOR, kFirstIrqVector);
  VALUE(HOOK_BYTES, kHookBytes);
}

void kernels() {
  VALUE(KERNEL_BOOT_PARAMETERS, two_kernels::kBootParametersBase);
}

void guard() {
  using namespace two_kernels;
  VALUE(GUARD_BASE, kGuardBase);
  VALUE(GUARD_BLOCK, kGuardBlock);
  VALUE(GUARD_PROGRAM_END, kGuardProgramEnd);
  VALUE(GUARD_TABLES, kGuardTables);
  VALUE(LANDING_STACK_TOP, kLandingStackTop);
  OFFSET(GUARD_STATE, GuardBlock, state);
  OFFSET(GUARD_WATCHED, GuardBlock, watched);
  OFFSET(GUARD_TICKS, GuardBlock, ticks);
  OFFSET(GUARD_END, GuardBlock, end);
  OFFSET(GUARD_TICKS_A_MS, GuardBlock, ticks_a_ms);
  OFFSET(GUARD_NAPS, GuardBlock, naps);
  OFFSET(GUARD_SNAPSHOT, GuardBlock, snapshot);
  OFFSET(GUARD_POINT_ESP, GuardBlock, point_esp);
  OFFSET(GUARD_POINT_EIP, GuardBlock, point_eip);
  VALUE(GUARD_STARTING, static_cast<int>(GuardState::kStarting));
  VALUE(GUARD_ARMED, static_cast<int>(GuardState::kArmed));
  VALUE(GUARD_OVERDUE, static_cast<int>(GuardState::kOverdue));
  VALUE(GUARD_LANDED, static_cast<int>(GuardState::kLanded));
  VALUE(SNAPSHOT_REAL_BYTES, kSnapshotRealBytes);
  VALUE(SNAPSHOT_HEADER_BYTES, kSnapshotHeaderBytes);
  VALUE(SNAPSHOT_FLAT_BYTES, kSnapshotFlatBytes);
  VALUE(SNAPSHOT_VECTOR_BYTES, kSnapshotVectorBytes);
  VALUE(CMOS_SHUTDOWN, kCmosShutdown);
  VALUE(SHUTDOWN_JUMP, kShutdownJump);
  VALUE(WARM_RESET_VECTOR, kWarmResetVector);
}

void local_apic() {
  VALUE(MSR_APIC_BASE, kMsrApicBase);
  VALUE(MSR_X2APIC, kX2apicMsr);
  VALUE(APIC_BASE_X2APIC, kApicBaseX2apic);
  VALUE(APIC_BASE_ADDRESS, kApicBaseAddress);
  VALUE(APIC_EOI, kApicEoi);
  VALUE(APIC_SPURIOUS, kApicSpurious);
  VALUE(APIC_COMMAND, kApicCommand);
  VALUE(APIC_DESTINATION, kApicDestination);
  VALUE(APIC_TIMER, kApicTimer);
  VALUE(APIC_TIMER_COUNT, kApicTimerCount);
  VALUE(APIC_TIMER_DIVIDE, kApicTimerDivide);
  VALUE(APIC_SOFTWARE_ENABLE, kApicSoftwareEnable);
  VALUE(APIC_TIMER_PERIODIC, kApicTimerPeriodic);
  VALUE(APIC_TIMER_BY_16, kApicTimerBy16);
  VALUE(APIC_INIT, kApicInit);
  VALUE(APIC_INIT_OVER, kApicInitOver);
  VALUE(APIC_START_UP, kApicStartUp);
}

void carrier() {
  VALUE(CARRIER_MAGIC, kCarrierMagic);
  VALUE(CARRIER_GDT_BASE, kCarrierGdtBase);
  VALUE(CARRIER_GDT_LIMIT, kCarrierGdtLimit);
  VALUE(DEBUG_EXIT_PORT, kDebugExitPort);
  VALUE(DEBUG_EXIT_DONE, kDebugExitDone);
  VALUE(CARRIER_TSS, kCarrierTss);
  VALUE(CARRIER_HPET_BASE, kCarrierHpetBase);
  VALUE(CARRIER_TASK_PRIORITY, kCarrierTaskPriority);
  VALUE(CARRIER_RESULT_BASE, kCarrierResultBase);
  VALUE(CARRIER_COPY_BASE, kCarrierCopyBase);
  OFFSET(RESULT_JUMPS_DONE, CarrierResult, jumps_done);
  OFFSET(RESULT_BREACHES, CarrierResult, breaches);
  OFFSET(RESULT_JUMP, CarrierResult, jump);
  VALUE(BREACH_CS, kBreachCs);
  VALUE(BREACH_CR0_WP, kBreachCr0Wp);
  VALUE(BREACH_CR4, kBreachCr4);
  VALUE(BREACH_EFER, kBreachEfer);
  VALUE(BREACH_FLAGS, kBreachFlags);
  VALUE(BREACH_GDT, kBreachGdt);
  VALUE(BREACH_R11, kBreachR11);
  VALUE(BREACH_SLOT, kBreachSlot);
  VALUE(BREACH_TPR, kBreachTpr);
  VALUE(BREACH_PIC, kBreachPic);
  VALUE(BREACH_HPET, kBreachHpet);
}

}  // namespace kjump::abi
