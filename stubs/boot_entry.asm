; SPDX-License-Identifier: MIT
; Entries straight after firmware: no Linux has been there, or none that is left. A boot loader has put the image
; into memory; it may get the processor back.
%include "sections.inc"
%include "start_again.inc"

        global kjump_boot_entry, kjump_boot_entry_flat, kjump_boot_way_back
        extern kjump_entry_state, kjump_tsc_entry, kjump_run_supervisor, kjump_gdt_pointer, kjump_idt32_pointer
        extern kjump_real_to_physical, kjump_physical_to_real

real_text
bits 16

; kjump_boot_entry - called by a boot sector's program.
; mode: real, CS = REAL_SEGMENT -> the same     call: far, on a stack outside of the image
; in: dl = BIOS drive that the caller came from
; out: SS, SP, IF   clobbers: everything else   fails: cannot
kjump_boot_entry:
        pushf
        cli
        cld
        mov     [cs:loader_sp], sp
        mov     [cs:loader_ss], ss
        mov     [cs:boot_drive], dl
        mov     ebx, in_physical_mode
        jmp     kjump_real_to_physical

; After kjump_physical_to_real, on a stack of no account.
back_to_loader:
        lss     sp, [loader_sp]                 ; DS is the real segment
        popf
        retf

; What the flat entry's caller, who is lost, would do in real mode: go on booting (BIOS boot specification 1.01, 6.7), as
; long as the payload does not say, as boot_block.asm asks it, that firmware has lost its disks.
go_on_booting:
        mov     sp, REAL_STACK_TOP
        mov     ax, EXCHANGE_SEGMENT
        mov     es, ax
        cld
        mov     si, faulted
        cmp     dword [es:HEADER_OUTCOME], OUTCOME_RETURNED
        jne     start_again
        mov     si, lost_disks
        cmp     dword [es:HEADER_STATUS], BOOT_ON
        jne     start_again
        int     0x18                            ; the next boot device
        int     0x19                            ; all over again
.stop:
        hlt
        jmp     .stop

        print_routine
        start_again_routine

flat_text
bits 32

; kjump_boot_entry_flat - for a boot loader that leaves real mode for good, as Multiboot's do.
; mode: 32-bit, paging off, flat CS and DS in whatever GDT, IF=0 -> firmware goes on booting     call: jump
; in: -   clobbers: everything   fails: cannot
kjump_boot_entry_flat:
        cld
        lgdt    [REAL_BASE + kjump_gdt_pointer]
        lidt    [REAL_BASE + kjump_idt32_pointer]
        jmp     SEL_CODE32:.own_segments
.own_segments:
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     ss, eax
in_physical_mode:
        mov     esp, REAL_BASE + SUPERVISOR_STACK_TOP
        mov     edi, kjump_entry_state
        xor     eax, eax
        mov     ecx, ENTRY_STATE_BYTES / 4
        rep stosd
        mov     byte [kjump_entry_state + ENTRY_DOOR], DOOR_BOOT
        mov     al, [REAL_BASE + boot_drive]
        mov     [kjump_entry_state + ENTRY_BOOT_DRIVE], al
        rdtsc
        mov     [kjump_tsc_entry], eax
        mov     [kjump_tsc_entry + 4], edx
        mov     eax, kjump_boot_way_back
        jmp     kjump_run_supervisor

; kjump_boot_way_back - to the boot loader, or to firmware.
; mode: 32-bit, paging off, stub's GDT, IF=0 -> real   call: jump   in: loader_*   clobbers: everything   fails: cannot
kjump_boot_way_back:
        mov     ebx, back_to_loader
        mov     ecx, REAL_STACK_TOP
        jmp     kjump_physical_to_real

real_data
        align   2
loader_sp:      dw flat_frame                   ; together a far pointer, for LSS
loader_ss:      dw REAL_SEGMENT
flat_frame:     dw FLAGS_FIXED | FLAGS_IF, go_on_booting, REAL_SEGMENT
boot_drive:     db 0
faulted:        db "kjump: the boot program failed; starting again", 13, 10, 0
lost_disks:     db "kjump: starting again", 13, 10, 0
