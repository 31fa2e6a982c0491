; SPDX-License-Identifier: MIT
; Exceptions in physical mode end the payload with outcome `fault`; NMIs pass unharmed in every mode.
;
; The code runs flat, but is linked into the real segment so that gates can be built by the linker:
; jumps inside this file are relative and fine, data is named by its physical address.
%include "sections.inc"

        global kjump_nmi64, kjump_vector32, kjump_fault
        extern kjump_payload_unwind, kjump_unwind_esp, kjump_supervisor_fault, kjump_supervisor_esp

real_text

; kjump_nmi64 - let an NMI pass that arrives while the stub is in long mode.
; mode: 64-bit, from a gate    in, out: nothing    clobbers: nothing
bits 64
kjump_nmi64:
        iretq

; kjump_vector32 - one 4-byte stub per exception vector: push the number, go to the common part.
; mode: 32-bit, paging off, from a gate with IF=0
bits 32
        align   4
kjump_vector32:
%assign vector 0
%rep EXCEPTION_VECTORS
        push    byte vector
        jmp     short fault32
%assign vector vector + 1
%endrep
%if $ - kjump_vector32 != EXCEPTION_VECTORS * 4
%error "a vector stub is not 4 bytes long"
%endif

; fault32 - record what the processor was doing, then abandon the payload.
; in: [esp] vector, then the error code if this vector has one, then EIP, CS, EFLAGS
; out: does not return; continues in kjump_payload_unwind, or in the supervisor's own fault exit
; when no payload was running
fault32:
        cmp     dword [esp], VECTOR_NMI
        jne     .record
        add     esp, 4
        iretd
.record:
%define FAULT REAL_BASE + kjump_fault
        mov     [FAULT + FAULT_EAX], eax
        mov     [FAULT + FAULT_EBX], ebx
        mov     [FAULT + FAULT_ECX], ecx
        mov     [FAULT + FAULT_EDX], edx
        mov     [FAULT + FAULT_ESI], esi
        mov     [FAULT + FAULT_EDI], edi
        mov     [FAULT + FAULT_EBP], ebp
        mov     eax, cr2
        mov     [FAULT + FAULT_CR2], eax
        pop     ecx
        mov     [FAULT + FAULT_VECTOR], ecx
        xor     eax, eax
        mov     edx, VECTORS_WITH_ERROR_CODE
        bt      edx, ecx
        jnc     .no_error_code
        pop     eax
.no_error_code:
        mov     [FAULT + FAULT_ERROR_CODE], eax
        pop     dword [FAULT + FAULT_EIP]
        pop     dword [FAULT + FAULT_CS]
        pop     dword [FAULT + FAULT_EFLAGS]
        mov     [FAULT + FAULT_ESP], esp
        mov     eax, OUTCOME_FAULT
        mov     ecx, kjump_payload_unwind
        cmp     dword [kjump_unwind_esp], 0
        jne     .leave
        mov     esp, [kjump_supervisor_esp]
        mov     ecx, kjump_supervisor_fault
.leave:
        jmp     ecx

real_bss
        alignb  8
kjump_fault:
        resb    FAULT_BYTES
