; SPDX-License-Identifier: MIT
; Interrupts in physical mode: exceptions and the watchdog's NMI end the payload; the 8259s' interrupts, which a
; payload gets that switches them on, are acknowledged and dropped.
;
; The code runs flat, but is linked into the real segment so that gates can be built by the linker:
; jumps inside this file are relative and fine, data is named by its physical address.
%include "sections.inc"

        global kjump_edge_watch
        global kjump_nmi64, kjump_vector32, kjump_slave_interrupt32, kjump_fault, kjump_leave_payload
        extern kjump_payload_unwind, kjump_unwind_esp, kjump_supervisor_fault, kjump_supervisor_esp
        extern kjump_ticks_left, kjump_deadline, kjump_nmi_not_before, kjump_watchdog_is_armed

%include "pic.inc"
%include "deadline.inc"

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

; fault32 - end the payload, unless it was an interrupt.
; in: [esp] vector, then the error code if this vector has one, then EIP, CS, EFLAGS
; out: the interrupted code, or continues in kjump_leave_payload with kjump_fault filled
fault32:
        push    eax
        push    ecx
        mov     ecx, [esp + 8]
        cmp     ecx, VECTOR_NMI
        je      nmi32
        cmp     ecx, FIRST_IRQ_VECTOR
        jb      exception32
        cmp     ecx, HOOKED_VECTORS
        jae     exception32
        lines_in_service                        ; an exception, or a line of the first 8259 (T27)?
        bt      eax, ecx
        jnc     exception32
        cmp     ecx, VECTOR_TIMER
        jne     .acknowledge
        cmp     byte [REAL_BASE + kjump_edge_watch], EDGE_WATCH_RUNNING
        je      .acknowledge                    ; this edge is an NMI, too, and counts there
        cmp     dword [REAL_BASE + kjump_ticks_left], 0
        je      .acknowledge
        dec     dword [REAL_BASE + kjump_ticks_left]
        jz      .expired
        if_before REAL_BASE + kjump_deadline
        jc      .acknowledge
.expired:
        mov     dword [esp + 8], VECTOR_DEADLINE
        jmp     exception32
.acknowledge:
        mov     al, PIC_EOI
        out     PIC_MASTER, al
dropped32:
        pop     ecx
        pop     eax
        add     esp, 4
        iretd

; An edge of the PIT's that is watched, or the HPET's or the clock's. An NMI while no watchdog is armed, or before its
; time, is nobody's business here.
nmi32:
        cmp     byte [REAL_BASE + kjump_edge_watch], EDGE_WATCH_RUNNING
        jne     .one_shot
        cmp     dword [REAL_BASE + kjump_ticks_left], 0
        je      dropped32
        dec     dword [REAL_BASE + kjump_ticks_left]
        jz      exception32
        if_before REAL_BASE + kjump_deadline
        jc      dropped32
        jmp     exception32
.one_shot:
        cmp     byte [kjump_watchdog_is_armed], 0
        je      dropped32
        if_before REAL_BASE + kjump_nmi_not_before
        jc      dropped32

exception32:
        pop     ecx
        pop     eax
%define FAULT REAL_BASE + kjump_fault
        mov     [FAULT + FAULT_AX], eax
        mov     [FAULT + FAULT_BX], ebx
        mov     [FAULT + FAULT_CX], ecx
        mov     [FAULT + FAULT_DX], edx
        mov     [FAULT + FAULT_SI], esi
        mov     [FAULT + FAULT_DI], edi
        mov     [FAULT + FAULT_BP], ebp
        mov     [FAULT + FAULT_DS], ds
        mov     [FAULT + FAULT_ES], es
        mov     [FAULT + FAULT_FS], fs
        mov     [FAULT + FAULT_GS], gs
        mov     [FAULT + FAULT_SS], ss
        mov     byte [FAULT + FAULT_MODE], FAULT_IN_PHYSICAL
        mov     eax, cr2
        mov     [FAULT + FAULT_CR2], eax
        pop     ecx
        mov     [FAULT + FAULT_VECTOR], ecx
        xor     eax, eax
        cmp     ecx, EXCEPTION_VECTORS
        jae     .no_error_code
        mov     edx, VECTORS_WITH_ERROR_CODE
        bt      edx, ecx
        jnc     .no_error_code
        pop     eax
.no_error_code:
        mov     [FAULT + FAULT_ERROR_CODE], eax
        pop     dword [FAULT + FAULT_IP]
        pop     eax
        mov     [FAULT + FAULT_CS], ax
        pop     dword [FAULT + FAULT_FLAGS]
        mov     [FAULT + FAULT_SP], esp
        mov     esp, [kjump_unwind_esp]         ; the payload's stack is evidence now, and may be at its end
        test    esp, esp
        jnz     .nmi_allowed_again
        mov     esp, [kjump_supervisor_esp]
.nmi_allowed_again:
        pushfd
        push    cs
        push    dword kjump_leave_payload
        iretd                                   ; an NMI blocks NMIs until the next IRET

; kjump_slave_interrupt32 - an interrupt of the second 8259.
; mode: 32-bit, paging off, from a gate with IF=0   in, out: nothing    clobbers: nothing
kjump_slave_interrupt32:
        push    eax
        mov     al, PIC_EOI
        out     PIC_SLAVE, al
        out     PIC_MASTER, al
        pop     eax
        iretd

flat_text
; kjump_leave_payload - abandon the payload, or whatever was running.
; mode: 32-bit, paging off, IF=0   in: kjump_fault   out: does not return; continues in
; kjump_payload_unwind, or in the supervisor's own fault exit when no payload was running
kjump_leave_payload:
        mov     eax, dr6
        mov     [FAULT + FAULT_DR6], eax
        mov     eax, OUTCOME_FAULT
        cmp     dword [kjump_unwind_esp], 0
        jne     kjump_payload_unwind
        mov     esp, [kjump_supervisor_esp]
        jmp     kjump_supervisor_fault

real_bss
        alignb  8
kjump_fault:
        resb    FAULT_BYTES
kjump_edge_watch:       resb 1                  ; EDGE_WATCH_*: does an edge of the PIT's come as an NMI?
