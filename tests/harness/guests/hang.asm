; SPDX-License-Identifier: MIT
; Boot sector: says that it is alive, then never does anything again.
bits 16
org 0x7C00
        mov     si, text
        mov     dx, 0x3F8
.next:
        cs lodsb
        test    al, al
        jz      .hang
        out     dx, al
        jmp     .next
.hang:
        cli
        hlt
        jmp     .hang
text:   db      "about to hang", 13, 10, 0
        times 510 - ($ - $$) db 0
        dw      0xAA55
