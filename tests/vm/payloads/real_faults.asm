; SPDX-License-Identifier: MIT
; A real-mode payload that goes wrong as the first byte of its request says: 'u' undefined instruction, 'd'
; division by zero, 'S' spin with interrupts off, 'I' with interrupts on, 'o' a
; stack without end, else nothing.
bits 16
%include "kjump/payload.inc"

kmain
        kcall   kjump_read_request, what, 1, 0
        cmp     byte [what], 'u'
        je      undefined
        cmp     byte [what], 'd'
        je      divide
        cmp     byte [what], 'S'
        je      spin
        cmp     byte [what], 'I'
        je      spin_open
        cmp     byte [what], 'o'
        je      overflow
        kreturn 7

overflow:
        push    ax
        jmp     overflow
undefined:
        ud2
divide:
        xor     cx, cx
        div     cx
spin:
        cli
        jmp     $
spin_open:
        sti
        jmp     $

        section .data
what:   db      0
