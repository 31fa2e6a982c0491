; SPDX-License-Identifier: MIT
; Boot sector: sends every byte value to the serial port four times, line ends and escapes included, then
; resets.
bits 16
org 0x7C00
        mov     dx, 0x3F8
        mov     cx, 4 * 256
        xor     al, al
.next:
        out     dx, al
        inc     al
        loop    .next
        mov     al, 0xFE
        out     0x64, al
        jmp     $
        times 510 - ($ - $$) db 0
        dw      0xAA55
