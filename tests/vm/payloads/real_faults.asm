; SPDX-License-Identifier: MIT
; A real-mode payload that goes wrong as the first byte of its request says: 'u' undefined instruction, 'd'
; division by zero, 'S' spin with interrupts off, 'I' with interrupts on, else nothing.
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
        kreturn 7

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
