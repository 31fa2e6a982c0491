; SPDX-License-Identifier: MIT
; A real-mode payload in 20 lines: asks the BIOS for the size of conventional memory and prints it.
bits 16
%include "kjump/payload.inc"

kmain
        int     0x12                    ; the BIOS answers in AX, in KiB
        movzx   ebx, ax
        kcall   kjump_print, before
        kcall   kjump_print_decimal, ebx
        kcall   kjump_print, after
        mov     [answer], ebx
        kcall   kjump_write_reply, answer, 4
        kreturn 0

        section .data
before: db      "The BIOS says: ", 0
after:  db      " KiB of conventional memory.", 10, 0
answer: dd      0
