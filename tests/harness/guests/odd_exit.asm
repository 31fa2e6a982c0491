; SPDX-License-Identifier: MIT
; Boot sector: leaves through the exit port with a value that nobody has agreed upon.
%include "abi.inc"
bits 16
org 0x7C00
        mov     al, 0x2A
        mov     dx, DEBUG_EXIT_PORT
        out     dx, al
        jmp     $
        times 510 - ($ - $$) db 0
        dw      0xAA55
