; SPDX-License-Identifier: MIT
; From physical mode down to real mode.
%include "sections.inc"

        global kjump_physical_to_real
        extern kjump_ivt_pointer

flat_text
bits 32

; kjump_physical_to_real - enter real mode in the real segment.
; mode: 32-bit, paging off, stub's GDT, IF=0 -> 16-bit, IF=0
; call: jump; continues at a 16-bit offset given by the caller
; in: bx = offset to continue at, ecx = SP to load (high half zero)
; out: CS = DS = ES = FS = GS = SS = REAL_SEGMENT with 64 KiB limits, ESP = ecx, IDT = IVT
; clobbers: eax flags   preserves: all else   fails: cannot
;
; Segments get 64 KiB limits and base = selector << 4 before PE goes: real mode keeps what is cached
; (T2), and a virtual machine runs such a state without emulation (T3).
kjump_physical_to_real:
        lidt    [REAL_BASE + kjump_ivt_pointer]
        jmp     SEL_CODE16:protected16

real_text
bits 16
protected16:
        mov     ax, SEL_DATA16
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     eax, cr0
        and     al, ~CR0_PE & 0xFF
        mov     cr0, eax
        jmp     REAL_SEGMENT:.real      ; T1: a far jump, nothing else reloads CS
.real:
        mov     ax, cs
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, ecx
        jmp     bx
