; SPDX-License-Identifier: MIT
; Interrupts while a 64-bit payload runs: page faults fill the map, other exceptions and the watchdog's NMI end
; the payload; the 8259s' interrupts, which a payload gets that switches them on, are acknowledged and dropped.
; Linked into images of mode `long`.
;
; Every handler has a stack of its own, so that a fault with a useless RSP is told like any other. As in
; exceptions.asm the code runs flat, but is linked into the real segment so that gates can be built by the linker.
%include "sections.inc"
%include "pic.inc"
%include "deadline.inc"

        global kjump_long_idt_pointer
        extern kjump_fault, kjump_abandon_long, kjump_map_on_demand, kjump_ticks_left, kjump_deadline, kjump_nmi_not_before
        extern kjump_watchdog_is_armed

%define INTERRUPT_GATE  0x8E00                  ; present, DPL 0, 64-bit interrupt gate
%define IST_FAULT       1                       ; which stacks: see the TSS in run_long_payload.asm
%define IST_NMI         2                       ; an NMI may come while a page fault is being handled
%define PAGE_PRESENT    1                       ; page fault's error code: the page is mapped, hence a violation
%define STUB_BYTES      4

; What a handler finds on its stack, lowest address first, once it has pushed RAX and RCX.
        struc   frame
.rcx:           resq 1
.rax:           resq 1
.vector:        resq 1
.error_code:    resq 1                          ; of vectors that have one; the others have RIP here
        endstruc

real_data
        align   8
kjump_long_idt_pointer:
        dw      idt.end - idt - 1
        dq      REAL_BASE + idt

        align   16
%macro  gate 2                                  ; handler, stack
        dw      %1, SEL_CODE64, INTERRUPT_GATE | %2, REAL_BASE >> 16
        dd      0, 0
%endmacro
idt:
%assign number 0
%rep EXCEPTION_VECTORS
%if number == VECTOR_NMI
        gate    vectors + number * STUB_BYTES, IST_NMI
%else
        gate    vectors + number * STUB_BYTES, IST_FAULT
%endif
%assign number number + 1
%endrep
        times (SLAVE_VECTORS - EXCEPTION_VECTORS) * 16 db 0
%rep IDT_VECTORS - SLAVE_VECTORS
        gate    slave_interrupt, IST_FAULT
%endrep
.end:

real_text
bits 64
default abs

; vectors - one stub per exception vector: push the number, go to the common part.
; mode: 64-bit, from a gate with IF=0
        align   STUB_BYTES
vectors:
%assign number 0
%rep EXCEPTION_VECTORS
        push    byte number
        jmp     short entered
%assign number number + 1
%endrep
%if $ - vectors != EXCEPTION_VECTORS * STUB_BYTES
%error "a vector stub is not STUB_BYTES long"
%endif

; entered - end the payload, unless it was an interrupt or a page that can be mapped.
; in: [rsp] vector, then the error code if this vector has one, then RIP, CS, RFLAGS, RSP, SS
; out: the interrupted code, or continues in kjump_abandon_long with kjump_fault filled
entered:
        push    rax
        push    rcx
        mov     ecx, [rsp + frame.vector]
        cmp     ecx, VECTOR_NMI
        je      nmi
        cmp     ecx, FIRST_IRQ_VECTOR
        jb      exception
        cmp     ecx, HOOKED_VECTORS
        jae     exception
        lines_in_service                        ; an exception, or a line of the first 8259 (T27)?
        bt      eax, ecx
        jc      first_pic
        cmp     ecx, VECTOR_PAGE_FAULT
        je      page_fault
        jmp     exception

first_pic:
        cmp     ecx, VECTOR_TIMER
        jne     .acknowledge
        cmp     dword [REAL_BASE + kjump_ticks_left], 0
        je      .acknowledge
        dec     dword [REAL_BASE + kjump_ticks_left]
        jz      .expired
        if_before REAL_BASE + kjump_deadline
        jc      .acknowledge
.expired:
        mov     dword [rsp + frame.vector], VECTOR_DEADLINE
        jmp     exception
.acknowledge:
        mov     al, PIC_EOI
        out     PIC_MASTER, al
dropped:
        pop     rcx
        pop     rax
        add     rsp, 8                          ; the vector
        iretq

; An NMI while no watchdog is armed, or before its time, is nobody's business here.
nmi:
        cmp     byte [kjump_watchdog_is_armed], 0
        je      dropped
        if_before REAL_BASE + kjump_nmi_not_before
        jc      dropped
        jmp     exception

page_fault:
        test    byte [rsp + frame.error_code], PAGE_PRESENT
        jnz     exception
        push    rdx
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        cld
        mov     rdi, cr2
        mov     eax, kjump_map_on_demand
        call    rax                             ; linked far from this code's other address
        test    al, al
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rdx
        jz      exception
        pop     rcx
        pop     rax
        add     rsp, 16                         ; vector and error code
        iretq

exception:
        pop     rcx
        pop     rax
%define FAULT REAL_BASE + kjump_fault
        mov     [FAULT + FAULT_AX], rax
        mov     eax, FAULT                      ; rax = the record
        mov     [rax + FAULT_BX], rbx
        mov     [rax + FAULT_CX], rcx
        mov     [rax + FAULT_DX], rdx
        mov     [rax + FAULT_SI], rsi
        mov     [rax + FAULT_DI], rdi
        mov     [rax + FAULT_BP], rbp
%assign number 8
%rep 8
        mov     [rax + FAULT_R8 + (number - 8) * 8], r %+ number
%assign number number + 1
%endrep
        mov     [rax + FAULT_DS], ds
        mov     [rax + FAULT_ES], es
        mov     [rax + FAULT_FS], fs
        mov     [rax + FAULT_GS], gs
        mov     byte [rax + FAULT_MODE], FAULT_IN_LONG
        mov     rcx, cr2
        mov     [rax + FAULT_CR2], rcx
        pop     rcx
        mov     [rax + FAULT_VECTOR], ecx
        xor     edx, edx
        cmp     ecx, EXCEPTION_VECTORS
        jae     .no_error_code
        mov     ebx, VECTORS_WITH_ERROR_CODE
        bt      ebx, ecx
        jnc     .no_error_code
        pop     rdx
.no_error_code:
        mov     [rax + FAULT_ERROR_CODE], edx
        pop     qword [rax + FAULT_IP]
        pop     rcx
        mov     [rax + FAULT_CS], cx
        pop     qword [rax + FAULT_FLAGS]
        pop     qword [rax + FAULT_SP]
        pop     rcx
        mov     [rax + FAULT_SS], cx
        mov     ecx, SEL_DATA32
        mov     edx, REAL_BASE + LONG_FAULT_STACK_TOP
        push    rcx
        push    rdx
        push    FLAGS_FIXED
        push    SEL_CODE64
        mov     ecx, kjump_abandon_long
        push    rcx
        iretq                                   ; an NMI blocks NMIs until the next IRET

; slave_interrupt - an interrupt of the second 8259.
; mode: 64-bit, from a gate with IF=0   in, out: nothing    clobbers: nothing
slave_interrupt:
        push    rax
        mov     al, PIC_EOI
        out     PIC_SLAVE, al
        out     PIC_MASTER, al
        pop     rax
        iretq
