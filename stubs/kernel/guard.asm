; SPDX-License-Identifier: MIT
; The guard's program: one page that runs where abi/guard.hpp says, whatever becomes of the image that brought it.
;
; Two processors come in at its first byte: the guard by a start-up IPI, and the boot processor that the guard has
; reset, by the same or by the BIOS's jump through 40:67. This file takes both to physical mode; what they do there is
; guard_watch.inc and guard_landing.inc. guard_snapshot.inc is also called by the payload.
%include "sections.inc"

        global kjump_guard_program, kjump_guard_program_bytes, kjump_guard_point
        extern kjump_gdt_pointer, kjump_idt32_pointer

; Where a label of the program is when it runs.
%define AT(label)       (GUARD_BASE + (label) - kjump_guard_program)
%define BLOCK(field)    GUARD_BLOCK + GUARD_ %+ field

%define VECTOR_NAP      0x20            ; the guard's local timer
%define VECTOR_SPURIOUS 0x2F            ; bits 3:0 are ones on the oldest APICs (SDM volume 3, 11.9)
%define GATES           0x30

%define SNAPSHOT_TAKE           0       ; what guard_snapshot is to do
%define SNAPSHOT_PUT_BACK       1

%define CMOS_INDEX      0x70
%define CMOS_DATA       0x71
%define CMOS_NMI_OFF    0x80
%define CMOS_IDLE       0x0D            ; what BIOSes leave in the index register

flat_data
bits 16

; kjump_guard_program - where guard and boot processor begin.
; mode: real, CS = GUARD_BASE >> 4, all else unknown -> 32-bit, paging off, flat segments, the page's own GDT and IDT
; call: start-up IPI or far jump   in: GuardBlock   out: never   clobbers: everything
        align   16
kjump_guard_program:
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        o32 lgdt [gdt_pointer - kjump_guard_program]
        mov     eax, cr0                                ; a reset one has its caches off
        and     eax, ~(CR0_CD | CR0_NW)
        or      al, CR0_PE
        mov     cr0, eax
        jmp     dword SEL_CODE32:AT(.physical)
bits 32
.physical:
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        lidt    [AT(idt_pointer)]
        cmp     dword [BLOCK(STATE)], GUARD_OVERDUE
        je      guard_landing

%include "guard_watch.inc"
%include "guard_landing.inc"
%include "guard_snapshot.inc"

        align   8
gdt:            dq      0
                dq      0x00CF9B000000FFFF              ; SEL_CODE32
                dq      0
                dq      0x00CF93000000FFFF              ; SEL_DATA32
gdt_pointer:    dw      gdt_pointer - gdt - 1
                dd      AT(gdt)
idt_pointer:    dw      GATES * 8 - 1
                dd      AT(idt)

%macro  gate 1
        dw      AT(%1) & 0xFFFF, SEL_CODE32, 0x8E00, AT(%1) >> 16
%endmacro
        align   8
idt:
%assign vector 0
%rep    GATES
%if vector = VECTOR_NMI || vector = VECTOR_SPURIOUS
        gate    guard_ignore
%elif vector = VECTOR_NAP
        gate    guard_wake
%else
        gate    guard_park
%endif
%assign vector vector + 1
%endrep
program_end:

kjump_guard_program_bytes:
        dd      program_end - kjump_guard_program

; In no memory: NASM stops at a negative count, should the program not fit below its stack.
        section .note.kjump.guard noalloc noexec nowrite
        times (GUARD_PROGRAM_END - GUARD_BASE) - (program_end - kjump_guard_program) db 0

flat_text
bits 32

; kjump_guard_point - uint32_t kjump_guard_point(): a point to which the guard brings the processor back
; mode: 32-bit, paging off, flat segments, EFER.LME = 0, IF=0 -> the same     call: near, C convention
; in: the program in its place, GuardBlock.snapshot   out: eax = 0, with the jump's memory in the snapshot; 1 when the
; guard has fired: memory of the jump is what it was then, and the stub's GDT and IDT are loaded
; clobbers: eax ecx edx flags, GUARD_TABLES   fails: cannot
kjump_guard_point:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [BLOCK(POINT_ESP)], esp
        mov     dword [BLOCK(POINT_EIP)], .landed
        mov     edx, SNAPSHOT_TAKE
        mov     eax, AT(guard_snapshot)
        call    eax
        xor     eax, eax
        jmp     .out
.landed:
        lgdt    [REAL_BASE + kjump_gdt_pointer]         ; selectors and descriptors are the same
        lidt    [REAL_BASE + kjump_idt32_pointer]
        push    dword FLAGS_FIXED
        popfd
        mov     eax, 1
.out:
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
