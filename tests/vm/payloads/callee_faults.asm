; SPDX-License-Identifier: MIT
; Firmware that goes wrong: real-mode callees, each in its own 32 bytes, in the order of kCallees in
; faults.cpp.
%include "abi.inc"

        global callee_faults

        section .kjump.real.text progbits alloc exec nowrite align=16
bits 16

%macro  callee 0
        align   32
%endmacro

        align   32
callee_faults:
        callee                          ; u: undefined instruction
        ud2
        callee                          ; d: division by zero
        xor     cx, cx
        div     cx
        callee                          ; b: breakpoint
        int3
        callee                          ; g: an instruction longer than 15 bytes. (QEMU's TCG checks no
        times 15 o32                    ; segment limits, the usual reason for a #GP in real mode.)
        nop
        callee                          ; o: overflow, as INTO finds it
        mov     al, 0x7F
        add     al, 1
        into
        callee                          ; t: single step
        pushf
        pop     ax
        or      ah, FLAGS_TF >> 8
        push    ax
        popf
        nop
        callee                          ; i: out of bounds
        bound   ax, [cs:.bounds]
.bounds: dw     2, 1
        callee                          ; S: spin, interrupts off
        cli
        jmp     $
        callee                          ; I: spin, interrupts on
        sti
        jmp     $
        callee                          ; H: halt for good
        cli
        hlt
        jmp     $ - 1
        callee                          ; n: interrupts on until a tick has come, then back
        sti
        hlt
        cli
        retf
        callee                          ; O: a stack without end
        push    ax
        jmp     $ - 1
