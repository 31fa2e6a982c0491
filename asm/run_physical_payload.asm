; SPDX-License-Identifier: MIT
; Runs a 32-bit payload. Linked into images of mode `physical`.
%include "sections.inc"

        global kjump_stays_in_physical, kjump_run_payload, kjump_payload_unwind, kjump_unwind_esp, kjump_payload_status
        global kjump_payload_stack
        extern kjump_main, kjump_gdt_pointer, kjump_idt32_pointer

flat_text
bits 32

; kjump_run_payload - uint32_t kjump_run_payload(): run kjump_main on the payload's own stack
; mode: 32-bit, paging off, IF=0 -> the same     call: near, C convention
; out: eax = abi::Outcome (returned or fault), kjump_payload_status = what kjump_main returned
; clobbers: eax ecx edx flags   preserves: ebx esi edi ebp
kjump_run_payload:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [kjump_unwind_esp], esp
        mov     esp, FLAT_STACK_TOP
        xor     ebp, ebp                        ; ends a debugger's back trace
        call    kjump_main
        mov     [kjump_payload_status], eax
        mov     eax, OUTCOME_RETURNED

; kjump_payload_unwind - leave the payload, by return or from an exception handler.
; mode: 32-bit, paging off   in: eax = abi::Outcome, kjump_unwind_esp   out: as kjump_run_payload
; Descriptor tables and flags are set again: the payload may have used its own.
kjump_payload_unwind:
        cli
        cld
        mov     esp, [kjump_unwind_esp]
        and     dword [kjump_unwind_esp], 0
        lgdt    [REAL_BASE + kjump_gdt_pointer]
        lidt    [REAL_BASE + kjump_idt32_pointer]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

flat_data
kjump_payload_stack:                            ; lowest address, end
                dd FLAT_STACK_TOP - FLAT_STACK_BYTES, FLAT_STACK_TOP

flat_data
kjump_stays_in_physical:
                db      1                       ; payload code runs in the supervisor's own mode

flat_bss
kjump_unwind_esp:       resd 1                  ; 0: no payload is running
kjump_payload_status:   resd 1
