; SPDX-License-Identifier: MIT
; Runs a 64-bit payload, and lets it make firmware calls. Linked into images of mode `long`.
;
; The supervisor stays in physical mode: it goes up to long mode for the payload, on page tables that grow as the
; payload touches memory (runtime/long_mode/demand_map.cpp), and comes down again for every firmware call.
%include "sections.inc"

        global kjump_stays_in_physical, kjump_run_payload, kjump_payload_unwind, kjump_unwind_esp, kjump_payload_status
        global kjump_long_firmware_call, kjump_abandon_long, kjump_memory_map
        global kjump_payload_stack
        extern kjump_main, kjump_enter_long, kjump_long_to_physical, kjump_firmware_call, kjump_leave_payload
        extern kjump_gdt, kjump_gdt_pointer, kjump_idt32_pointer, kjump_long_idt_pointer, kjump_forget_map

%define DEFAULT_MXCSR   0x1F80                  ; all exceptions masked, round to nearest (SDM volume 1, 10.2.3)
%define FXSAVE_BYTES    512
%define AVAILABLE_TSS   0x8900                  ; present, 64-bit TSS that is not busy
%define TABLE           3                       ; present, writable
%define LEAF_2M         0x83                    ; present, writable, page size

flat_text
bits 32

; kjump_run_payload - uint32_t kjump_run_payload(): run kjump_main in long mode, on the payload's own stack
; mode: 32-bit, paging off, IF=0 -> the same     call: near, C convention
; out: eax = abi::Outcome (returned or fault), kjump_payload_status = what kjump_main returned
; clobbers: eax ecx edx flags   preserves: ebx esi edi ebp, and x87 and SSE state
kjump_run_payload:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [kjump_unwind_esp], esp
        mov     eax, cr0
        mov     [supervisor_cr0], eax
        call    first_tables
        mov     ebp, start
        jmp     enter_payload_mode

bits 64
start:
        fxsave64 [kjump_found_fpu]
        call    kjump_forget_map
        mov     esp, FLAT_STACK_TOP
        fninit
        push    DEFAULT_MXCSR
        ldmxcsr [rsp]
        pop     rax
        xor     ebp, ebp                        ; ends a debugger's back trace
        call    kjump_main
        cli
        cld
        mov     [kjump_payload_status], eax
        fxrstor64 [kjump_found_fpu]
        mov     esp, [kjump_unwind_esp]
        call    kjump_long_to_physical
bits 32
        mov     eax, OUTCOME_RETURNED

; kjump_payload_unwind - leave the payload, by return or from an exception handler.
; mode: 32-bit, paging off   in: eax = abi::Outcome, kjump_unwind_esp   out: as kjump_run_payload
kjump_payload_unwind:
        cli
        cld
        mov     esp, [kjump_unwind_esp]
        and     dword [kjump_unwind_esp], 0
        mov     ecx, [supervisor_cr0]
        mov     cr0, ecx
        lgdt    [REAL_BASE + kjump_gdt_pointer]
        lidt    [REAL_BASE + kjump_idt32_pointer]
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; first_tables - page tables that map the first 2 MiB, where all of this lies.
; mode: 32-bit, paging off   call: near   clobbers: eax ecx edi flags
first_tables:
        mov     edi, LONG_TABLES_BASE           ; PML4, then the first PDPT and the first PD
        xor     eax, eax
        mov     ecx, 3 * PAGE_BYTES / 4
        rep stosd
        mov     edi, LONG_TABLES_BASE
        lea     eax, [edi + PAGE_BYTES + TABLE]
        mov     [edi], eax
        lea     eax, [edi + 2 * PAGE_BYTES + TABLE]
        mov     [edi + PAGE_BYTES], eax
        mov     dword [edi + 2 * PAGE_BYTES], LEAF_2M
        ret

; enter_payload_mode - long mode with the payload's tables, SSE, and handlers for every exception.
; mode: 32-bit, paging off, stub's GDT, IF=0 -> 64-bit, IF=0
; call: jump; continues at ebp   in: ebp   clobbers: every other register but esp   fails: cannot
enter_payload_mode:
        mov     eax, tss                        ; its descriptor, new each time: LTR marks it busy
        mov     edx, eax
        shl     eax, 16
        mov     ax, tss.end - tss - 1
        mov     [REAL_BASE + kjump_gdt + SEL_TSS64], eax
        shr     edx, 16
        or      edx, AVAILABLE_TSS
        mov     [REAL_BASE + kjump_gdt + SEL_TSS64 + 4], edx
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME
        mov     esi, eax
        mov     edi, [supervisor_cr0]
        or      edi, CR0_PG | CR0_MP | CR0_NE
        and     edi, ~(CR0_EM | CR0_TS)
        mov     eax, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT
        mov     edx, LONG_TABLES_BASE
        mov     ebx, .long
        jmp     kjump_enter_long
bits 64
.long:
        lidt    [REAL_BASE + kjump_long_idt_pointer]
        mov     eax, SEL_TSS64
        ltr     ax
        mov     ebp, ebp
        jmp     rbp

; kjump_abandon_long - leave the payload from an exception handler.
; mode: 64-bit, IF=0, on a stack below 4 GiB   call: jump   in: kjump_fault   out: kjump_leave_payload
kjump_abandon_long:
        fxrstor64 [kjump_found_fpu]
        call    kjump_long_to_physical
bits 32
        jmp     kjump_leave_payload

bits 64
; kjump_long_firmware_call - void kjump_long_firmware_call(abi::FirmwareCall* call)
; mode: 64-bit, payload's tables -> the same     call: near, System V convention
; in: rdi = record, below 4 GiB   out: the record
; clobbers: what a C function may, and XMM registers   preserves: rbx rbp r12-r15 rsp, MXCSR and x87 control
; interrupts: off on return
; Goes through physical mode, so that all modes share one thunk and all that it repairs.
kjump_long_firmware_call:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        push    rax                             ; room
        stmxcsr [rsp]
        fnstcw  [rsp + 4]
        cli
        mov     [payload_rsp], rsp
        mov     [record], edi
        mov     esp, [kjump_unwind_esp]         ; the supervisor's stack, below what it keeps there
        call    kjump_long_to_physical
bits 32
        push    dword [record]
        call    kjump_firmware_call
        mov     ebp, .back_in_payload
        jmp     enter_payload_mode
bits 64
.back_in_payload:
        mov     rsp, [payload_rsp]
        fninit                                  ; a callee's pending exception would hit the FLDCW
        ldmxcsr [rsp]
        fldcw   [rsp + 4]
        pop     rax
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

flat_data
kjump_payload_stack:                            ; lowest address, end
        dd      FLAT_STACK_TOP - FLAT_STACK_BYTES, FLAT_STACK_TOP
        align   8
kjump_memory_map:                               ; patched by the loader
        dd      MEMORY_MAP_MAGIC
        times MEMORY_MAP_BYTES - ($ - kjump_memory_map) db 0
        dd      0                               ; so that the eight-byte fields are aligned
tss:    dd      0                               ; SDM volume 3, figure 8-11
        dq      0, 0, 0, 0                      ; RSP0-2: there is no ring but 0
        dq      REAL_BASE + LONG_FAULT_STACK_TOP        ; IST1
        dq      REAL_BASE + LONG_NMI_STACK_TOP          ; IST2
        dq      0, 0, 0, 0, 0, 0                ; IST3-7
        dw      0, .end - tss                   ; no I/O permission map
.end:

flat_data
kjump_stays_in_physical:
                db      0                       ; payload code runs in the supervisor's own mode

flat_bss
        alignb  16
kjump_found_fpu:        resb FXSAVE_BYTES
payload_rsp:            resq 1
kjump_unwind_esp:       resd 1                  ; 0: no payload is running
kjump_payload_status:   resd 1
supervisor_cr0:         resd 1
record:                 resd 1
