; SPDX-License-Identifier: MIT
; Second half of the vm target's carrier: calls the image as relocate_kernel of Linux 6.12 does, checks
; that it comes back under the return contract (kexec_jump.md 1.5), and keeps what it said.
%include "sections.inc"

        global carrier_jump_loop, carrier_kernel_cr3, carrier_full_cr3, carrier_cr4, carrier_entry
        global carrier_jumps, carrier_exchange_original, carrier_hpet, carrier_x2apic
        extern carrier_gdt_pointer, carrier_zero_pointer

%define SWAP_PAGE       0x1E01000                       ; one page of stack, as the kernel's swap page
%define LOCAL_APIC_TPR  0xFEE00080
%define HPET_CONFIG     0x10
%define LINUX_HPET      3
%define PIC_MASTER_MASK 0x21
%define PIC_SLAVE_MASK  0xA1
%define DATA_AT_ENTRY   SEL_DATA32

%macro  breach_unless 2                                 ; condition, breach bit
        j%1     %%kept
        or      dword [abs CARRIER_RESULT_BASE + RESULT_BREACHES], %2
%%kept:
%endmacro

        section .text progbits alloc exec nowrite align=16
bits 64
default abs

; carrier_jump_loop - mode: 64-bit, full tables, carrier's GDT, IF=0   in: carrier_* variables
; does not return
carrier_jump_loop:
        mov     ebp, 1                                  ; number of the jump
.next:
        cmp     ebp, [carrier_jumps]
        ja      .done
        call    reset_exchange
        mov     [sequence], ebp                         ; the image may clobber every register
        call    call_image
        mov     ebp, [sequence]
        call    keep_exchange
        mov     [abs CARRIER_RESULT_BASE + RESULT_JUMPS_DONE], ebp
        inc     ebp
        jmp     .next
.done:
        mov     al, DEBUG_EXIT_DONE
        mov     dx, DEBUG_EXIT_PORT
        out     dx, al
        jmp     .done

; call_image - one jump, entered and left as the kernel does it.
call_image:
        mov     [own_rsp], rsp
        call    note_tsc_before
        mov     eax, DATA_AT_ENTRY
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
        lidt    [carrier_zero_pointer]
        lgdt    [carrier_zero_pointer]
        mov     eax, [carrier_kernel_cr3]
        mov     cr3, rax
        mov     esp, SWAP_PAGE + PAGE_BYTES
        mov     edx, [carrier_entry]
        push    FLAGS_FIXED
        popfq
        call    rdx
        ; As the kernel: the first thing it does is to read the next entry from the stack.
        mov     rbx, [rsp]
        mov     rsp, [own_rsp]
        pushfq
        call    check_processor
        lgdt    [carrier_gdt_pointer]
        mov     eax, [carrier_full_cr3]
        mov     cr3, rax
        call    check_hardware
        call    note_tsc_after
        cmp     rbx, [carrier_entry]
        breach_unless e, BREACH_SLOT
        mov     eax, ebx
        mov     [carrier_entry], eax
        pop     rax
        test    eax, FLAGS_DF | FLAGS_IF
        breach_unless z, BREACH_FLAGS
        cld
        ret

; check_processor - in: r11 as the image left it   clobbers: rax rcx rdx
check_processor:
        test    r11, r11
        breach_unless nz, BREACH_R11
        mov     eax, cs
        cmp     eax, SEL_CODE64
        breach_unless e, BREACH_CS
        mov     rax, cr0
        test    eax, CR0_WP
        breach_unless nz, BREACH_CR0_WP
        mov     rax, cr4
        cmp     eax, [carrier_cr4]
        breach_unless e, BREACH_CR4
        mov     ecx, MSR_EFER
        rdmsr
        cmp     eax, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE
        breach_unless e, BREACH_EFER
        sgdt    [gdtr]
        mov     rax, [gdtr + 2]
        cmp     rax, CARRIER_GDT_BASE
        breach_unless e, BREACH_GDT
        cmp     word [gdtr], CARRIER_GDT_LIMIT
        breach_unless e, BREACH_GDT
        ret

; check_hardware - clobbers: rax rcx rdx
check_hardware:
        cmp     dword [carrier_x2apic], 0
        jne     .x2apic
        mov     eax, LOCAL_APIC_TPR
        mov     eax, [rax]
        jmp     .tpr
.x2apic:
        mov     ecx, MSR_X2APIC_TPR
        rdmsr
.tpr:
        cmp     eax, CARRIER_TASK_PRIORITY
        breach_unless e, BREACH_TPR
        mov     eax, [carrier_hpet]
        test    eax, eax
        jz      .no_hpet
        cmp     dword [rax + HPET_CONFIG], LINUX_HPET
        breach_unless e, BREACH_HPET
.no_hpet:
        in      al, PIC_SLAVE_MASK
        mov     ah, al
        in      al, PIC_MASTER_MASK
        cmp     ax, 0xFFFF
        breach_unless e, BREACH_PIC
        ret

; slot_of_jump - out: rdi = address of CarrierResult::jump[number - 1]   clobbers: rax
slot_of_jump:
        mov     eax, [sequence]
        dec     eax
        shl     eax, 4
        lea     rdi, [rax + CARRIER_RESULT_BASE + RESULT_JUMP]
        ret

note_tsc_before:
        call    slot_of_jump
        rdtsc
        mov     [rdi], eax
        mov     [rdi + 4], edx
        ret

note_tsc_after:
        rdtsc
        mov     ecx, eax
        call    slot_of_jump
        mov     [rdi + 8], ecx
        mov     [rdi + 12], edx
        ret

; reset_exchange - the caller's exchange again, with this jump's number   in: ebp
; clobbers: rcx rsi rdi
reset_exchange:
        mov     esi, [carrier_exchange_original]
        test    esi, esi
        jz      .none
        mov     edi, EXCHANGE_BASE
        mov     ecx, EXCHANGE_BYTES
        rep movsb
        mov     [abs EXCHANGE_BASE + HEADER_SEQUENCE], ebp
.none:
        ret

; keep_exchange - copy what the image left   in: ebp   clobbers: rcx rsi rdi
keep_exchange:
        mov     esi, EXCHANGE_BASE
        lea     edi, [ebp - 1]
        imul    edi, edi, EXCHANGE_BYTES
        add     edi, CARRIER_COPY_BASE
        mov     ecx, EXCHANGE_BYTES
        rep movsb
        ret

        section .bss nobits alloc noexec write align=8
own_rsp:                resq 1
gdtr:                   resw 5
                        resw 3
carrier_kernel_cr3:     resd 1
carrier_full_cr3:       resd 1
carrier_cr4:            resd 1
carrier_entry:          resq 1                          ; high half stays zero
carrier_jumps:          resd 1
carrier_hpet:           resd 1
carrier_x2apic:         resd 1                          ; 1: the local APIC has no registers in memory
carrier_exchange_original: resd 1
sequence:               resd 1
