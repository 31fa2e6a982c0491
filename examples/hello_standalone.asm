; SPDX-License-Identifier: MIT
; A payload that needs no kjump at run time: the distribution's kexec loads it, it prints through the BIOS
; (INT 10h, AH=0Eh) and on the consoles, and Linux goes on. Linked with STANDALONE.
bits 16
%include "kjump/payload.inc"

kmain
        mov     si, text
.next:  lodsb
        test    al, al
        jz      .done
        mov     ah, 0x0E                ; teletype output
        mov     bx, 0x0007              ; page 0, grey
        int     0x10
        jmp     .next
.done:  kcall   kjump_print, text
        kreturn 0

        section .data
text:   db      "Hello from real mode, by way of the distribution's kexec.", 13, 10, 0
