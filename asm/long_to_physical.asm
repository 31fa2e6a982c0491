; SPDX-License-Identifier: MIT
; From long mode down to 32-bit protected mode with paging off ("physical mode").
%include "sections.inc"

        global kjump_long_to_physical
        extern kjump_idt32_pointer

flat_text
bits 64

; kjump_long_to_physical - leave long mode.
; mode: 64-bit, identity-mapped, stub's GDT, IF=0 -> 32-bit, paging off, IF=0
; call: 64-bit near call on a stack below 4 GiB; returns by a 32-bit jump, stack balanced
; in: -  out: flat segments in DS ES FS GS SS, physical-mode IDT, CR3 = CR4 = 0, EFER.LME = 0
; clobbers: eax ebx ecx edx flags   fails: cannot
kjump_long_to_physical:
        pop     rbx
        push    SEL_CODE32
        push    .compatibility          ; below 2 GiB: sign extension does no harm
        o64 retf

bits 32
.compatibility:                         ; order of T9: paging, then LME, then PAE
        mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        mov     ecx, MSR_EFER
        rdmsr
        and     eax, ~EFER_LME
        wrmsr
        xor     eax, eax
        mov     cr4, eax                ; T8: old firmware is not used to CR4 and CR3 leftovers
        mov     cr3, eax
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        lidt    [REAL_BASE + kjump_idt32_pointer]
        jmp     ebx
