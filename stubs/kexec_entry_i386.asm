; SPDX-License-Identifier: MIT
; Entry for an i386 kernel's kexec with preserve-context, and the way back to it. Reached from the image's one kexec entry.
;
; The kernel calls with paging off, on flat segments of a GDT that is no longer there (GDT and IDT have limit 0), with CR3 and,
; if the processor has PAE, CR4 cleared. It turns paging on before it loads its CR4, so CR4.PAE must be right when we return, and it
; never loads its GDT (arch/x86/kernel/relocate_kernel_32.S, the same in 6.1 and 6.12; kexec_jump.md 2.1).
%include "sections.inc"

        global kjump_kexec_entry_i386, kjump_kexec_way_back_i386
        extern kjump_kexec_entry, kjump_entry_state, kjump_tsc_entry, kjump_parameters, kjump_run_supervisor
        extern kjump_gdt_pointer, kjump_idt32_pointer, kjump_read_efer

flat_text
bits 32

; Every field of the record is within a byte's displacement of ebx. High halves stay zero, as they were loaded.
%define STATE_BASE      kjump_entry_state + ENTRY_STATE_BYTES / 2
%define STATE           ebx - ENTRY_STATE_BYTES / 2

; kjump_kexec_entry_i386 - first instructions of a jump, and of every later one, from 32-bit mode.
; mode: 32-bit, CPL 0, paging off, flat segments, IF=0 -> the same, CS = SEL_I386_CODE     call: jump
; in: [esp] = return address in the kernel's control page, kjump_parameters (GDT, PAE)
; out: jumps to the return address; ESP = slot with the next entry, DS ES SS = SEL_I386_DATA, CR0 as at entry, CR4 likewise but for
; PAE, GDTR = the kernel's, IDTR as at entry
; clobbers: every general register, FS GS   fails: cannot
kjump_kexec_entry_i386:
        mov     ebx, STATE_BASE
        mov     [STATE + ENTRY_RSP], esp
        mov     eax, [esp]
        mov     [STATE + ENTRY_RETURN], eax
        mov     esp, REAL_BASE + SUPERVISOR_STACK_TOP
        pushfd
        pop     dword [STATE + ENTRY_RFLAGS]
        cld
        rdtsc
        mov     [kjump_tsc_entry], eax
        mov     [kjump_tsc_entry + 4], edx
        call    save_state
        lgdt    [REAL_BASE + kjump_gdt_pointer]
        lidt    [REAL_BASE + kjump_idt32_pointer]
        mov     eax, SEL_DATA32
        mov     ss, eax
        mov     fs, eax                                 ; the kernel's per-CPU segment, whose base is not 0
        mov     gs, eax
        mov     ds, eax
        mov     es, eax
        xor     eax, eax
        mov     cr4, eax                                ; T8, as kjump_long_to_physical has it
        jmp     SEL_CODE32:.own_segments
.own_segments:
        mov     eax, kjump_kexec_way_back_i386
        jmp     kjump_run_supervisor

; kjump_kexec_way_back_i386 - to an i386 kernel that let go of the processor in a kexec.
; mode: 32-bit, paging off, flat segments, IF=0 -> the kernel's entry state, as above     call: jump
; in: kjump_entry_state, kjump_parameters   out: return contract   clobbers: every general register   fails: cannot
kjump_kexec_way_back_i386:
        mov     ebx, STATE_BASE
        mov     eax, [STATE + ENTRY_CR0]
        mov     cr0, eax
        mov     eax, [STATE + ENTRY_CR4]
        test    dword [kjump_parameters + PARAMETERS_FLAGS], PARAMETER_PAE
        jz      .cr4_done                               ; two levels: with PAE set the kernel's tables would be garbage
        or      eax, CR4_PAE
.cr4_done:
        mov     cr4, eax
        jmp     SEL_I386_CODE:.kernel_segments          ; from our GDT: the kernel's lies where only its paging leads
.kernel_segments:
        mov     eax, SEL_I386_DATA
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     ax, [STATE + ENTRY_IDT_LIMIT]
        mov     [entry_idt], ax
        mov     eax, [STATE + ENTRY_IDT_BASE]
        mov     [entry_idt + 2], eax
        lidt    [entry_idt]
        mov     ax, [kjump_parameters + PARAMETERS_GDT_LIMIT]
        mov     [entry_gdt], ax
        mov     eax, [kjump_parameters + PARAMETERS_GDT_BASE]
        mov     [entry_gdt + 2], eax
        lgdt    [entry_gdt]
        mov     esp, next_entry                         ; own slot + jmp: what lies behind [esp] is a foreign page
        jmp     [STATE + ENTRY_RETURN]

; save_state - fill EntryState with what the processor brought along; no GDT or IDT of ours is loaded yet.
; mode: 32-bit, paging off, flat segments   call: near   in: ebx = STATE_BASE   clobbers: eax ecx edx
save_state:
        mov     eax, cr0
        mov     [STATE + ENTRY_CR0], eax
        mov     eax, cr3
        mov     [STATE + ENTRY_CR3], eax
        mov     eax, cr4
        mov     [STATE + ENTRY_CR4], eax
        mov     eax, dr7
        mov     [STATE + ENTRY_DR7], eax
        sgdt    [entry_gdt]
        sidt    [entry_idt]
        mov     ax, [entry_gdt]
        mov     [STATE + ENTRY_GDT_LIMIT], ax
        mov     eax, [entry_gdt + 2]
        mov     [STATE + ENTRY_GDT_BASE], eax
        mov     ax, [entry_idt]
        mov     [STATE + ENTRY_IDT_LIMIT], ax
        mov     eax, [entry_idt + 2]
        mov     [STATE + ENTRY_IDT_BASE], eax
        mov     [STATE + ENTRY_CS], cs
        mov     [STATE + ENTRY_SS], ss
        mov     [STATE + ENTRY_DS], ds
        mov     [STATE + ENTRY_ES], es
        mov     [STATE + ENTRY_FS], fs
        mov     [STATE + ENTRY_GS], gs
        str     [STATE + ENTRY_TR]
        sldt    [STATE + ENTRY_LDTR]
        mov     byte [STATE + ENTRY_DOOR], DOOR_KEXEC
        call    kjump_read_efer
        mov     [STATE + ENTRY_EFER], eax
        mov     [STATE + ENTRY_EFER + 4], edx
        ret

flat_data
        align   4
next_entry:     dd kjump_kexec_entry

flat_bss
entry_gdt:      resb 6                                  ; operands of SGDT, SIDT and LGDT in 32-bit mode
entry_idt:      resb 6
