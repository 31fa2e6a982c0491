; SPDX-License-Identifier: MIT
; Entry for a kernel's kexec with preserve-context, and the way back to an x86_64 one.
;
; The kernel (6.1 to 6.15) calls in long mode with interrupts off, GDT and IDT of limit 0 and one page
; of stack; return address, stack and CR3 may lie above 4 GiB. What it wants back is the return
; contract of docs/return-contract.md (kexec_jump.md 1.5). No segment of an image moves between
; jumps, so addresses are absolute. An i386 kernel calls the same address in 32-bit mode: the first
; instruction tells, and kexec_entry_i386.asm takes over.
%include "sections.inc"

        global kjump_kexec_entry, kjump_kexec_way_back
        extern kjump_entry_state, kjump_tsc_entry, kjump_parameters, kjump_run_supervisor
        extern kjump_gdt_pointer, kjump_idt64_pointer
        extern kjump_long_to_physical, kjump_physical_to_long
        extern kjump_kexec_entry_i386

flat_text
bits 64
default abs

; The record is addressed from its middle: every field is within a byte's displacement of rbx.
%define STATE_BASE      kjump_entry_state + ENTRY_STATE_BYTES / 2
%define STATE           rbx - ENTRY_STATE_BYTES / 2

; In descriptor_pointers, operands of SGDT, SIDT and LGDT: a 16-bit limit, then 64 bits of base.
%define ENTRY_GDT       0
%define ENTRY_IDT       10

; kjump_kexec_entry - first instruction of a jump, and of every later one.
; mode: 64-bit long mode, CPL 0, IF=0, identity map of all RAM -> the same; 32-bit: kjump_kexec_entry_i386
; in: [rsp] = return address in the kernel's control page   out: return contract
; clobbers: every general register   fails: cannot
kjump_kexec_entry:
        lea     eax, [esi]                              ; 67 8D 06: in 32-bit mode the prefix makes it 16-bit addressing,
        jmp     short .long                             ; `lea eax, [disp16]`, with this jump as the displacement
bits 32
.both:
        jmp     kjump_kexec_entry_i386
%if .both - kjump_kexec_entry != 5
%error "an LEA of three bytes and a jump of two, or the processor's modes cannot be told apart"
%endif
bits 64
.long:
        mov     ebx, STATE_BASE
        mov     [STATE + ENTRY_RSP], rsp
        mov     rax, [rsp]
        mov     [STATE + ENTRY_RETURN], rax
        mov     esp, REAL_BASE + SUPERVISOR_STACK_TOP
        pushfq
        mov     esi, descriptor_pointers
        sgdt    [rsi + ENTRY_GDT]
        sidt    [rsi + ENTRY_IDT]
        lgdt    [REAL_BASE + kjump_gdt_pointer]         ; selectors equal the kernel's: nothing to reload
        lidt    [REAL_BASE + kjump_idt64_pointer]
        pop     qword [STATE + ENTRY_RFLAGS]
        cld
        rdtsc
        mov     [kjump_tsc_entry], eax
        mov     [kjump_tsc_entry + 4], edx
        call    save_state

        call    kjump_long_to_physical
bits 32
        mov     eax, kjump_kexec_way_back
        jmp     kjump_run_supervisor

; kjump_kexec_way_back - to an x86_64 kernel that let go of the processor in a kexec.
; mode: 32-bit, paging off, flat segments, stub's GDT, IF=0, supervisor's stack -> the kernel's long mode     call: jump
; in: kjump_entry_state, kjump_parameters   out: return contract   clobbers: every general register   fails: cannot
kjump_kexec_way_back:
        call    kjump_physical_to_long
bits 64
        mov     ebx, STATE_BASE
        mov     rax, [STATE + ENTRY_CR3]                ; 64 bits, hence not before
        mov     cr3, rax
        mov     rax, cr0
        or      eax, CR0_WP                             ; a kernel with CR4.CET loads CR4 first
        mov     cr0, rax
        mov     esi, descriptor_pointers                ; filled anew: what is there may be another machine's
        mov     ax, [STATE + ENTRY_IDT_LIMIT]
        mov     [rsi + ENTRY_IDT], ax
        mov     rax, [STATE + ENTRY_IDT_BASE]
        mov     [rsi + ENTRY_IDT + 2], rax
        lidt    [rsi + ENTRY_IDT]
        mov     edi, kjump_parameters
        test    byte [rdi + PARAMETERS_FLAGS], PARAMETER_LOAD_KERNEL_GDT
        jz      .gdt_done                               ; 6.12.5 and later load it themselves
        mov     ax, [rdi + PARAMETERS_GDT_LIMIT]
        mov     [rsi + ENTRY_GDT], ax
        mov     rax, [rdi + PARAMETERS_GDT_BASE]
        mov     [rsi + ENTRY_GDT + 2], rax
        lgdt    [rsi + ENTRY_GDT]
.gdt_done:
        mov     r11d, 1                                 ; 4d5f1da98f5e: a 6.14-rc kernel wants it
        mov     esp, next_entry                         ; own slot + jmp: right for every version (1.6)
        jmp     [STATE + ENTRY_RETURN]

; save_state - fill EntryState with what the processor brought along.
; in: rbx = STATE_BASE, rsi = descriptor_pointers   clobbers: rax rcx rdx
save_state:
        mov     rax, cr0
        mov     [STATE + ENTRY_CR0], rax
        mov     rax, cr3
        mov     [STATE + ENTRY_CR3], rax
        mov     rax, cr4
        mov     [STATE + ENTRY_CR4], rax
        mov     rax, dr7
        mov     [STATE + ENTRY_DR7], rax
%macro  save_msr 2
        mov     ecx, %1
        rdmsr
        mov     [STATE + %2], eax
        mov     [STATE + %2 + 4], edx
%endmacro
        save_msr MSR_EFER, ENTRY_EFER
        save_msr MSR_FS_BASE, ENTRY_FS_BASE
        save_msr MSR_GS_BASE, ENTRY_GS_BASE
        mov     ax, [rsi + ENTRY_GDT]
        mov     [STATE + ENTRY_GDT_LIMIT], ax
        mov     rax, [rsi + ENTRY_GDT + 2]
        mov     [STATE + ENTRY_GDT_BASE], rax
        mov     ax, [rsi + ENTRY_IDT]
        mov     [STATE + ENTRY_IDT_LIMIT], ax
        mov     rax, [rsi + ENTRY_IDT + 2]
        mov     [STATE + ENTRY_IDT_BASE], rax
        mov     [STATE + ENTRY_CS], cs
        mov     [STATE + ENTRY_SS], ss
        mov     [STATE + ENTRY_DS], ds
        mov     [STATE + ENTRY_ES], es
        mov     [STATE + ENTRY_FS], fs
        mov     [STATE + ENTRY_GS], gs
        str     [STATE + ENTRY_TR]
        sldt    [STATE + ENTRY_LDTR]
        mov     byte [STATE + ENTRY_DOOR], DOOR_KEXEC
        ret

flat_data
        align   8
next_entry:     dd kjump_kexec_entry, 0

flat_bss
descriptor_pointers:    resb 20
