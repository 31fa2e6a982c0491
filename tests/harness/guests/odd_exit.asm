; SPDX-License-Identifier: MIT
; Boot sector: leaves through the exit port with a value that nobody has agreed upon.
bits 16
org 0x7C00
        mov     al, 0x2A
        mov     dx, 0xF4
        out     dx, al
        jmp     $
        times 510 - ($ - $$) db 0
        dw      0xAA55
