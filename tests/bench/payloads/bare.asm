; SPDX-License-Identifier: MIT
; The least that a kexec jump can be: one page that goes back at once, by the rule that holds for every kernel
; version (own slot, then jmp). What kjump costs is measured against it. Only for kernels that load their own
; GDT (6.12.5 and later). A flat binary for address BARE_ADDRESS.
bits 64
        org     BARE_ADDRESS
entry:
        mov     rax, [rsp]
        mov     esp, slot
        mov     r11d, 1
        jmp     rax
        align   8
slot:   dq      entry
