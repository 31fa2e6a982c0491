; SPDX-License-Identifier: MIT
; Boot sector: resets the machine through the keyboard controller.
bits 16
org 0x7C00
        mov     al, 0xFE
        out     0x64, al
        jmp     $
        times 510 - ($ - $$) db 0
        dw      0xAA55
