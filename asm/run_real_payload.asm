; SPDX-License-Identifier: MIT
; Runs a 16-bit payload, and lets it make firmware calls. Linked into images of mode `real`.
%include "sections.inc"

        global kjump_stays_in_physical, kjump_run_payload, kjump_payload_unwind, kjump_unwind_esp, kjump_payload_status
        global kjump_real_firmware_call, kjump_payload_stack
        extern kjump_main, kjump_physical_to_real, kjump_real_to_physical, kjump_firmware_call

flat_text
bits 32

; kjump_run_payload - uint32_t kjump_run_payload(): run kjump_main in real mode, on its own stack
; mode: 32-bit, paging off, IF=0 -> the same     call: near, C convention
; out: eax = abi::Outcome (returned or fault), kjump_payload_status = EAX of kjump_main
; clobbers: eax ecx edx flags   preserves: ebx esi edi ebp
kjump_run_payload:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [kjump_unwind_esp], esp
        mov     ebx, start
        mov     ecx, REAL_STACK_TOP
        jmp     kjump_physical_to_real

real_text
bits 16
start:
        xor     ebp, ebp
        call    dword kjump_main                ; a 32-bit return address, as code of -m16 expects
        cli
        mov     [cs:real_status], eax
        mov     ebx, returned
        jmp     kjump_real_to_physical

flat_text
bits 32
returned:
        mov     eax, [REAL_BASE + real_status]
        mov     [kjump_payload_status], eax
        mov     eax, OUTCOME_RETURNED

; kjump_payload_unwind - leave the payload, by return or from an exception in its physical-mode part.
; mode: 32-bit, paging off   in: eax = abi::Outcome, kjump_unwind_esp   out: as kjump_run_payload
kjump_payload_unwind:
        mov     esp, [kjump_unwind_esp]
        and     dword [kjump_unwind_esp], 0
        push    dword FLAGS_FIXED
        popfd
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

real_text
bits 16

; kjump_real_firmware_call - void kjump_real_firmware_call(abi::FirmwareCall* call)
; mode: 16-bit, CS = DS = SS = REAL_SEGMENT -> the same     call: 32-bit near (-m16), C convention
; in: dword [esp + 4] = offset of the call record in the real segment   out: the record
; clobbers: eax ecx edx flags   preserves: ebx esi edi ebp and all segments   interrupts: off on return
; Goes through physical mode, so that both modes share one thunk and all that it repairs.
kjump_real_firmware_call:
        push    ebp
        push    ebx
        push    esi
        push    edi
        push    ds
        push    es
        push    fs
        push    gs
        cli
        mov     [cs:payload_esp], esp
        movzx   eax, word [esp + 4 * 4 + 4 * 2 + 4]
        add     eax, REAL_BASE
        mov     [cs:record], eax
        mov     ebx, call_from_physical
        jmp     kjump_real_to_physical

flat_text
bits 32
call_from_physical:
        mov     esp, [kjump_unwind_esp]         ; the supervisor's stack, below what it keeps there
        push    dword [REAL_BASE + record]
        call    kjump_firmware_call
        mov     ebx, back_in_payload
        mov     ecx, [REAL_BASE + payload_esp]
        jmp     kjump_physical_to_real

real_text
bits 16
back_in_payload:
        pop     gs
        pop     fs
        pop     es
        pop     ds
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        o32 ret

flat_data
kjump_payload_stack:                            ; lowest address, end
                dd REAL_BASE + SUPERVISOR_STACK_TOP, REAL_BASE + REAL_STACK_TOP

flat_data
kjump_stays_in_physical:
                db      0                       ; payload code runs in the supervisor's own mode

flat_bss
kjump_unwind_esp:       resd 1                  ; 0: no payload is running
kjump_payload_status:   resd 1

real_bss
real_status:    resd 1
payload_esp:    resd 1
record:         resd 1
