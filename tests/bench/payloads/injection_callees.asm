; SPDX-License-Identifier: MIT
; Firmware that leaves the processor or the machine otherwise than it found them: real-mode callees, each in its own
; 32 bytes, in the order of kCallees in injections.cpp.
%include "abi.inc"

        global injection_callees

        section .kjump.real.text progbits alloc exec nowrite align=16
bits 16

%macro  callee 0
        align   32
%endmacro

        align   32
injection_callees:
        callee                          ; a: A20 off
        in      al, 0x92
        and     al, 0xFC
        out     0x92, al
        retf
        callee                          ; p: every line of both 8259s shut
        mov     al, 0xFF
        out     0x21, al
        out     0xA1, al
        retf
        callee                          ; d: direction flag
        std
        retf
        callee                          ; f: AC and NT
        push    dword FLAGS_AC | 0x4000
        popfd
        retf
        callee                          ; i: descriptor tables without entries
        push    dword 0
        push    dword 0
        mov     bp, sp
        lgdt    [bp]
        lidt    [bp]
        add     sp, 8
        retf
        callee                          ; s: segments and high halves of registers
        mov     ax, 0xFFFF
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        or      ebx, -1
        or      ebp, -1
        retf
        callee                          ; r: comes back by RETF 2 from a far call, on another stack, interrupts on
        pop     eax                     ; IP, CS
        mov     bx, BOUNCE_SEGMENT
        mov     ss, bx
        mov     esp, 0xABCD8000
        push    word 0
        push    eax
        sti
        retf    2
        callee                          ; n: device not available
        mov     eax, cr0
        or      al, 8
        mov     cr0, eax
        fninit
        retf
