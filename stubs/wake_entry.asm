; SPDX-License-Identifier: MIT
; Entry after an ACPI S3 wake, in place of the kernel's wake-up code, and the way on to that code.
;
; Firmware jumps to the address in the FACS in real mode, straight after a reset; there the loader has
; planted a far jump to here. Nothing is known but CS:IP (wake_door.md, ACPI 6.4 section 16.3.2). The kernel
; has saved all it needs and expects nothing of us but real mode with its own code as it was.
%include "sections.inc"

        global kjump_wake_entry, kjump_wake_way_back, kjump_park
        extern kjump_entry_state, kjump_tsc_entry, kjump_parameters, kjump_run_supervisor
        extern kjump_real_to_physical, kjump_physical_to_real, kjump_read_efer

real_start
bits 16

; kjump_park - where a stray application processor stays until Linux starts it again.
; mode: real, CS:IP = REAL_SEGMENT:0   in: -   out: never   clobbers: nothing
; SeaBIOS wakes the other processors at 0x10000 (BUILD_AP_BOOT_ADDR), through a jump that it plants there for
; a moment. One that comes late finds what lies here: it would run the payload a second time, beside the
; first processor (QEMU 7.2: 4 of 120 wakes with two processors).
kjump_park:
        cli
.again:
        hlt
        jmp     .again

real_text
bits 16

; Pushed by kjump_wake_entry, taken off again by save_state, from the last push on. In bytes.
%define FRAME_CR0       0
%define FRAME_GS        4
%define FRAME_FS        6
%define FRAME_ES        8
%define FRAME_DS        10
%define FRAME_EFLAGS    12
%define FRAME_BYTES     16
%define FRAME           REAL_BASE + REAL_STACK_TOP - FRAME_BYTES

; kjump_wake_entry - first instruction after the wake.
; mode: real, CS = REAL_SEGMENT, all else unknown -> real, at the kernel's wake-up code, IF=0
; in: kjump_parameters (wake_code, displaced)   out: the displaced bytes back in their place
; clobbers: everything   fails: cannot; with a foreign exchange it goes on to the kernel at once
kjump_wake_entry:
        mov     [cs:firmware_esp], esp                  ; the first instructions leave the flags alone
        mov     [cs:firmware_ss], ss
        mov     ax, cs
        mov     ss, ax
        mov     esp, REAL_STACK_TOP
        pushfd
        cli
        cld
        push    ds
        push    es
        push    fs
        push    gs
        mov     eax, cr0
        push    eax
        o32 sgdt [cs:firmware_gdt]
        o32 sidt [cs:firmware_idt]
        rdtsc
        mov     [cs:firmware_tsc], eax
        mov     [cs:firmware_tsc + 4], edx
        mov     ebx, in_physical_mode
        jmp     kjump_real_to_physical

flat_text
bits 32
in_physical_mode:
        mov     esp, REAL_BASE + SUPERVISOR_STACK_TOP
        call    put_displaced_back                      ; before all else: from here on Linux wakes up by itself
        call    save_state
        mov     eax, kjump_wake_way_back
        jmp     kjump_run_supervisor

; kjump_wake_way_back - to the wake-up code of a kernel that sleeps in S3.
; mode: 32-bit, paging off, flat segments, stub's GDT, IF=0 -> real, at that code     call: jump
; in: kjump_parameters (wake_code, displaced)   clobbers: everything   fails: cannot
kjump_wake_way_back:
        call    put_displaced_back                      ; the kernel may be another than the one that woke us
        mov     ebx, go_on
        mov     ecx, REAL_STACK_TOP
        jmp     kjump_physical_to_real

real_text
bits 16
go_on:
        jmp     far [cs:wake_code]

; put_displaced_back - make the kernel's wake-up code what it was, and note its real-mode address.
; mode: 32-bit, paging off   in: kjump_parameters   out: wake_code   clobbers: eax ecx esi edi
flat_text
bits 32
put_displaced_back:
        mov     edi, [kjump_parameters + PARAMETERS_WAKE_CODE]
        mov     eax, edi
        and     eax, 0xF                                ; as firmware does it: CS = address >> 4
        mov     [REAL_BASE + wake_code], ax
        mov     eax, edi
        shr     eax, 4
        mov     [REAL_BASE + wake_code + 2], ax
        mov     esi, kjump_parameters + PARAMETERS_DISPLACED
        mov     ecx, WAKE_JUMP_BYTES
        rep movsb
        ret

; save_state - fill EntryState with what firmware handed over.
; mode: 32-bit, paging off   in: FRAME and the firmware_* records   clobbers: eax ebx ecx edx esi edi
save_state:
%define STATE           ebx
        mov     edi, kjump_entry_state
        xor     eax, eax
        mov     ecx, ENTRY_STATE_BYTES / 4
        rep stosd
        mov     ebx, kjump_entry_state
        mov     esi, FRAME
%macro  keep_word 2                                     ; field, source
        mov     ax, [%2]
        mov     [STATE + %1], ax
%endmacro
%macro  keep_dword 2
        mov     eax, [%2]
        mov     [STATE + %1], eax
%endmacro
        keep_dword ENTRY_RFLAGS, esi + FRAME_EFLAGS
        keep_dword ENTRY_CR0, esi + FRAME_CR0
        keep_word ENTRY_DS, esi + FRAME_DS
        keep_word ENTRY_ES, esi + FRAME_ES
        keep_word ENTRY_FS, esi + FRAME_FS
        keep_word ENTRY_GS, esi + FRAME_GS
        keep_word ENTRY_SS, REAL_BASE + firmware_ss
        keep_dword ENTRY_RSP, REAL_BASE + firmware_esp
        keep_word ENTRY_GDT_LIMIT, REAL_BASE + firmware_gdt
        keep_dword ENTRY_GDT_BASE, REAL_BASE + firmware_gdt + 2
        keep_word ENTRY_IDT_LIMIT, REAL_BASE + firmware_idt
        keep_dword ENTRY_IDT_BASE, REAL_BASE + firmware_idt + 2
        keep_word ENTRY_CS, REAL_BASE + wake_code + 2   ; where firmware jumped to
        keep_dword ENTRY_RETURN, kjump_parameters + PARAMETERS_WAKE_CODE
        mov     eax, cr3
        mov     [STATE + ENTRY_CR3], eax
        mov     eax, cr4
        mov     [STATE + ENTRY_CR4], eax
        mov     eax, dr7
        mov     [STATE + ENTRY_DR7], eax
        call    kjump_read_efer
        mov     [STATE + ENTRY_EFER], eax
        mov     [STATE + ENTRY_EFER + 4], edx
        str     [STATE + ENTRY_TR]
        sldt    [STATE + ENTRY_LDTR]
        mov     byte [STATE + ENTRY_DOOR], DOOR_WAKE
        mov     eax, [REAL_BASE + firmware_tsc]
        mov     [kjump_tsc_entry], eax
        mov     eax, [REAL_BASE + firmware_tsc + 4]
        mov     [kjump_tsc_entry + 4], eax
        ret

real_bss
        alignb  4
firmware_tsc:   resq 1
firmware_esp:   resd 1
firmware_gdt:   resb 6
firmware_idt:   resb 6
firmware_ss:    resw 1
wake_code:      resw 2                                  ; offset, segment
