; SPDX-License-Identifier: MIT
; Exceptions, NMIs and the timer's interrupt in real mode, in the payload or in firmware. While a payload
; runs these vectors of the IVT lead here (runtime/platform/real_vectors.cpp); what is no exception goes on
; to the handler that was there before.
%include "sections.inc"

        global kjump_real_hooks, kjump_saved_vectors, kjump_ticks_left, kjump_deadline, kjump_nmi_not_before
        extern kjump_fault, kjump_real_to_physical, kjump_leave_payload

%include "pic.inc"
%include "deadline.inc"

%define OPCODE_INT      0xCD

; The interrupted code's stack as the common part sees it, lowest address first.
        struc   frame
.edi:           resd 1
.esi:           resd 1
.ebp:           resd 1
.esp:           resd 1                  ; of no use: it counts the words below
.ebx:           resd 1
.edx:           resd 1
.ecx:           resd 1
.eax:           resd 1
.vector:        resw 1                  ; these two become the address of the former handler
.room:          resw 1
.ip:            resw 1
.cs:            resw 1
.flags:         resw 1
        endstruc

real_text
bits 16

; kjump_real_hooks - entries, HOOK_BYTES apart, one for each vector from 0 on
; mode: 16-bit, IF=0, entered as an interrupt, on any stack with 50 bytes left
; in: the interrupt's frame   out: the former handler, with every register as it was, or the end of the
; payload: continues in kjump_leave_payload with kjump_fault filled
        align   HOOK_BYTES
kjump_real_hooks:
%assign number 0
%rep HOOKED_VECTORS
        align   HOOK_BYTES
        push    ax
        push    byte number
        jmp     near hooked
%assign number number + 1
%endrep

hooked:
        pushad
        mov     bp, sp
        mov     bx, [bp + frame.vector]
        cmp     bl, VECTOR_NMI
        je      nmi
        cmp     bl, VECTOR_TIMER
        je      timer
        cmp     bl, FIRST_IRQ_VECTOR
        jb      by_instruction
        call    in_service
        jnz     former_handler

; An INT instruction asks for what the BIOS or a boot loader offers under this number; an exception's
; frame points at the instruction that failed, with anything before it.
by_instruction:
        mov     ah, bl
        mov     al, OPCODE_INT
        mov     si, [bp + frame.ip]
        sub     si, 2
        cmp     si, 0xFFFF                              ; the word would go beyond the segment
        je      leave_real
        push    ds
        mov     ds, [bp + frame.cs]
        cmp     [si], ax
        pop     ds
        je      former_handler
        jmp     leave_real

; The deadline as firmware that waits with interrupts on can be told: in 16-bit code, where it can be left.
timer:
        call    in_service
        jz      by_instruction                          ; no tick: a double fault
        cmp     dword [cs:kjump_ticks_left], 0
        je      former_handler                          ; no deadline
        dec     dword [cs:kjump_ticks_left]
        jz      .expired
        if_before cs:kjump_deadline
        jc      former_handler
.expired:
        mov     word [bp + frame.vector], VECTOR_DEADLINE
        jmp     leave_real

; The watchdog's, or hardware's cry for help; or the clock's, which serves the BIOS, too, before the alarm's time.
nmi:
        if_before cs:kjump_nmi_not_before
        jnc     leave_real
        popad
        add     sp, 4                                   ; frame.vector, frame.room
        iret

; Replaces the two words above the registers by the handler's address and returns to it.
former_handler:
        shl     bx, 2
        mov     eax, [cs:kjump_saved_vectors + bx]
        mov     [bp + frame.vector], eax
        popad
        retf

; in_service - is this vector's interrupt line being served?
; in: bl = vector from FIRST_IRQ_VECTOR on   out: ZF clear if so   clobbers: ax cl
in_service:
        lines_in_service
        mov     cl, bl
        sub     cl, FIRST_IRQ_VECTOR
        shr     ah, cl
        test    ah, 1
        ret

; leave_real - record what the processor was doing and abandon the payload.
; in: bp = frame, DS ES FS GS as interrupted   out: kjump_leave_payload in physical mode
leave_real:
        mov     ax, ds
        mov     cx, cs
        mov     ds, cx
        mov     [kjump_fault + FAULT_DS], ax
        mov     [kjump_fault + FAULT_ES], es
        mov     [kjump_fault + FAULT_FS], fs
        mov     [kjump_fault + FAULT_GS], gs
        mov     [kjump_fault + FAULT_SS], ss
%macro  keep 2                          ; field of the record, of the frame; both are double words
        mov     eax, [bp + frame.%2]
        mov     [kjump_fault + FAULT_%1], eax
%endmacro
        keep    AX, eax
        keep    BX, ebx
        keep    CX, ecx
        keep    DX, edx
        keep    SI, esi
        keep    DI, edi
        keep    BP, ebp
%macro  keep_word 2
        movzx   eax, word [bp + frame.%2]
        mov     [kjump_fault + FAULT_%1], eax
%endmacro
        keep_word VECTOR, vector
        keep_word IP, ip
        keep_word FLAGS, flags
        mov     ax, [bp + frame.cs]
        mov     [kjump_fault + FAULT_CS], ax
        xor     eax, eax
        mov     [kjump_fault + FAULT_ERROR_CODE], eax   ; real mode has none
        mov     [kjump_fault + FAULT_CR2], eax
        lea     ax, [bp + frame_size]
        mov     [kjump_fault + FAULT_SP], eax
        mov     byte [kjump_fault + FAULT_MODE], FAULT_IN_REAL
        mov     ss, cx
        mov     esp, own_stack_top
        pushf
        push    cs
        push    word .nmi_allowed
        iret                                            ; an NMI blocks NMIs until the next IRET
.nmi_allowed:
        cli
        cld
        mov     ebx, kjump_leave_payload
        jmp     kjump_real_to_physical

real_bss
        alignb  4
kjump_saved_vectors:    resd HOOKED_VECTORS             ; the IVT's, before ours
kjump_ticks_left:       resd 1                          ; until the deadline; 0: none
; Of the time-stamp counter.
kjump_deadline:         resq 1                          ; looked at by each tick: some get lost
kjump_nmi_not_before:   resq 1                          ; earlier NMIs pass
                        resw 8
own_stack_top:
