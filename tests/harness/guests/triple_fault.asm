; SPDX-License-Identifier: MIT
; Boot sector: takes the interrupt table away and interrupts. The processor shuts down (triple fault).
bits 16
org 0x7C00
        lidt    [cs:no_table]
        int3
        jmp     $
no_table:
        dw      0
        dd      0
        times 510 - ($ - $$) db 0
        dw      0xAA55
