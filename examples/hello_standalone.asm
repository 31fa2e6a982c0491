; SPDX-License-Identifier: MIT
; A payload that needs no kjump at run time: the distribution's kexec loads it, it prints through the BIOS
; (INT 10h, AH=0Eh), says on the consoles what the BIOS made of it, and Linux goes on. Linked with STANDALONE.
bits 16
%include "kjump/payload.inc"

kmain
        mov     ah, 0x03                ; where is the cursor? DH = row, DL = column
        mov     bh, 0
        int     0x10
        mov     [column], dl
        mov     si, text
.next:  lodsb
        test    al, al
        jz      .printed
        mov     ah, 0x0E                ; teletype output
        mov     bx, 0x0007              ; page 0, grey
        int     0x10
        jmp     .next
.printed:
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        movzx   ebx, dl
        sub     bl, [column]
        kcall   kjump_print, text
        kcall   kjump_print, moved
        kcall   kjump_print_decimal, ebx
        kcall   kjump_print, columns
        kreturn 0

        section .data
text:   db      "Hello from real mode.", 0
moved:  db      " The BIOS printed it, too: its cursor moved by ", 0
columns: db     " columns.", 10, 0
column: db      0
