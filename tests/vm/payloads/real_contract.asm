; SPDX-License-Identifier: MIT
; From real mode: INT 12h, which keeps the contract, then a far call that leaves DF set.
bits 16
%include "kjump/payload.inc"

kmain
        kcall   kjump_bios_call, memory_size
        kcall   kjump_bios_call, backwards
        kreturn 0

        section .text
sets_df:
        std
        retf

        section .data
        align   4
memory_size:
        times FIRMWARE_REGISTERS_BYTES db 0
        dw      0, 0x12, 0, 0
        dd      0, 0
backwards:
        times FIRMWARE_REGISTERS_BYTES db 0
        dw      1, 0, sets_df, REAL_SEGMENT
        dd      0, 0
