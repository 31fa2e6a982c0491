; SPDX-License-Identifier: MIT
; Multiboot entry of the vm target's carrier, and its way into long mode.
%include "sections.inc"

        extern carrier_prepare, carrier_jump_loop, carrier_full_cr3, carrier_cr4
        global carrier_gdt_pointer, carrier_zero_pointer

%define MULTIBOOT_MAGIC 0x1BADB002
%define MULTIBOOT_FLAGS 3                               ; modules page-aligned, memory sizes wanted
%define CR0_AT_ENTRY    0x80000033                      ; PG NE ET MP PE, as measured (kexec_jump.md 1.2)

        section .multiboot progbits alloc noexec nowrite align=4
        dd      MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        section .text progbits alloc exec nowrite align=16
bits 32

; start - mode: 32-bit protected, paging off, IF=0, flat segments, any GDT
; in: eax = Multiboot magic, ebx = physical address of the Multiboot information
        global start
start:
        mov     esp, stack_top
        cld
        push    ebx
        push    eax
        call    carrier_prepare                         ; does not come back with a bad plan

        mov     eax, [carrier_cr4]
        mov     cr4, eax
        mov     eax, [carrier_full_cr3]
        mov     cr3, eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_SCE | EFER_LME | EFER_NXE     ; Linux's
        wrmsr
        mov     eax, CR0_AT_ENTRY
        mov     cr0, eax
        lgdt    [carrier_gdt_pointer]
        jmp     SEL_CODE64:.long
bits 64
.long:
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        mov     ax, CARRIER_TSS
        ltr     ax
        jmp     carrier_jump_loop

        section .data progbits alloc noexec write align=16
        align   4
carrier_gdt_pointer:
        dw      CARRIER_GDT_LIMIT
        dd      CARRIER_GDT_BASE, 0
carrier_zero_pointer:
        dw      0
        dd      0, 0

        section .bss nobits alloc noexec write align=16
        resb    0x4000
stack_top:
