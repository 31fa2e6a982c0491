; SPDX-License-Identifier: MIT
; From real mode up to physical mode.
%include "sections.inc"

        global kjump_real_to_physical
        extern kjump_gdt_pointer, kjump_idt32_pointer

real_text
bits 16

; kjump_real_to_physical - leave real mode, whatever firmware left in GDTR, IDTR and the segments.
; mode: 16-bit, CS = REAL_SEGMENT, IF=0 -> 32-bit, paging off, IF=0
; call: jump; continues at a physical address given by the caller
; in: ebx = physical address to continue at
; out: flat segments in DS ES FS GS SS, stub's GDT and physical-mode IDT; ESP is the caller's to load
; clobbers: eax flags   preserves: all else   fails: cannot
kjump_real_to_physical:
        o32 lgdt [cs:kjump_gdt_pointer]         ; T6: all 32 base bits
        mov     eax, cr0
        or      al, CR0_PE
        mov     cr0, eax
        jmp     dword SEL_CODE32:protected32

flat_text
bits 32
protected32:
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        lidt    [REAL_BASE + kjump_idt32_pointer]
        jmp     ebx
