; SPDX-License-Identifier: MIT
; The smallest payload there is.
        global  kjump_main
        section .text
bits 16
kjump_main:
        xor     eax, eax
        o32 ret
