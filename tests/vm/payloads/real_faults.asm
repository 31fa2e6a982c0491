; SPDX-License-Identifier: MIT
; A real-mode payload that goes wrong as the first byte of its request says: 'u' undefined instruction, 'd'
; division by zero, 'S' spin with interrupts off, 'I' with interrupts on, 'o' a
; stack without end, 'c' calls of INT 12h for some two seconds, else nothing.
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
        cmp     byte [what], 'c'
        je      calls
        kreturn 7

; Each call changes the mode four times.
calls:
        push    ebx
        rdtsc
        lea     ebx, [edx + 1]
        mov     [began], eax
.next:  kcall   kjump_bios_call, call12
        rdtsc
        cmp     edx, ebx
        jb      .next
        ja      .done
        cmp     eax, [began]
        jb      .next
.done:  pop     ebx
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
        align   4
began:  dd      0
call12: times CALL_VECTOR db 0                  ; a call record: all zero is INT, registers 0
        dw      0x12
        times FIRMWARE_CALL_BYTES - CALL_VECTOR - 2 db 0
