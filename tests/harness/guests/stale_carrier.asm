; SPDX-License-Identifier: MIT
; Stands in for the carrier: leaves the result of another run, whose nonce is 1.
%include "abi.inc"
%include "multiboot.inc"
        mov     edi, CARRIER_RESULT_BASE
        mov     dword [edi], CARRIER_MAGIC
        mov     dword [edi + RESULT_JUMPS_DONE], 1
        mov     dword [edi + RESULT_JUMPS_DONE + 4], 1  ; the nonce, which follows
        mov     al, DEBUG_EXIT_DONE
        mov     dx, DEBUG_EXIT_PORT
        out     dx, al
        jmp     $
