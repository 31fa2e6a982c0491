; SPDX-License-Identifier: MIT
; Ways out of a jump that do not lead back: into a kernel that begins. Part of the crossing image only.
;
; Both protocols: Documentation/arch/x86/boot.rst, sections "32-bit" and "64-bit Boot Protocol". Interrupts off, flat
; segments; RSI = boot_params. The selectors that a kernel expects, code 0x10 and data 0x18, are the stub's own.
%include "sections.inc"

        global kjump_start_long, kjump_start_physical, kjump_start_entry, kjump_start_tables
        extern kjump_physical_to_long

flat_text
bits 32

; kjump_start_long - enter a 64-bit kernel.
; mode: 32-bit, paging off, flat segments, stub's GDT, IF=0, supervisor's stack -> 64-bit, identity map     call: jump
; in: kjump_start_entry, kjump_start_tables, which may both lie above 4 GiB; kjump_entry_state (CR0, CR4, EFER)
; out: never   fails: cannot
kjump_start_long:
        call    kjump_physical_to_long
bits 64
default abs
        mov     eax, SEL_DATA32
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     rax, [kjump_start_tables]
        mov     rdx, [kjump_start_entry]
        mov     cr3, rax
        mov     esi, KERNEL_BOOT_PARAMETERS
        xor     ebx, ebx
        xor     ebp, ebp
        xor     edi, edi
        cld
        jmp     rdx

; kjump_start_physical - enter an i386 kernel.
; mode: as above -> 32-bit, paging off   in: kjump_start_entry   out: never   fails: cannot
bits 32
kjump_start_physical:
        mov     eax, [kjump_start_entry]
        mov     esi, KERNEL_BOOT_PARAMETERS
        xor     ebx, ebx                                ; the protocol wants these three to be zero
        xor     ebp, ebp
        xor     edi, edi
        lgdt    [boot_gdt_pointer]
        jmp     0x10:.boot_segments
.boot_segments:
        mov     ecx, 0x18
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        mov     ss, ecx
        cld
        jmp     eax

flat_data
        align   8
boot_gdt:       dq 0, 0
                dq 0x00CF9B000000FFFF                   ; 0x10: code, 4 GiB, 32-bit
                dq 0x00CF93000000FFFF                   ; 0x18: data
boot_gdt_pointer:
                dw boot_gdt_pointer - boot_gdt - 1
                dd boot_gdt

flat_bss
        alignb  8
kjump_start_entry:      resq 1
kjump_start_tables:     resq 1
