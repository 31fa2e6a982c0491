; SPDX-License-Identifier: MIT
; Real-mode callees for the register tests. Linked into the real segment of a physical-mode payload.
;
; callee_seen    what the callee found on entry
; callee_gives   what it loads before it goes back; filled by the test
; Both have the order of abi::FirmwareRegisters.
%include "abi.inc"

        global callee_echo_interrupt, callee_echo_far, callee_poison, callee_seen, callee_gives

        section .kjump.real.text progbits alloc exec nowrite align=16
bits 16

; record - store every register and flag as they are, then load the test's. Called near, first thing.
; The live EFLAGS go to callee_seen, the high half included.
%macro  record_all 0
        pushfd
        pop     dword [cs:callee_seen + REG_EFLAGS]
        mov     [cs:callee_seen + REG_EAX], eax
        mov     [cs:callee_seen + REG_ECX], ecx
        mov     [cs:callee_seen + REG_EDX], edx
        mov     [cs:callee_seen + REG_EBX], ebx
        mov     [cs:callee_seen + REG_STACK], esp
        mov     [cs:callee_seen + REG_EBP], ebp
        mov     [cs:callee_seen + REG_ESI], esi
        mov     [cs:callee_seen + REG_EDI], edi
        mov     [cs:callee_seen + REG_DS], ds
        mov     [cs:callee_seen + REG_ES], es
        mov     [cs:callee_seen + REG_FS], fs
        mov     [cs:callee_seen + REG_GS], gs
%endmacro

%macro  give_all 0
        mov     ecx, [cs:callee_gives + REG_ECX]
        mov     edx, [cs:callee_gives + REG_EDX]
        mov     ebx, [cs:callee_gives + REG_EBX]
        mov     ebp, [cs:callee_gives + REG_EBP]
        mov     esi, [cs:callee_gives + REG_ESI]
        mov     edi, [cs:callee_gives + REG_EDI]
        mov     ds, [cs:callee_gives + REG_DS]
        mov     es, [cs:callee_gives + REG_ES]
        mov     fs, [cs:callee_gives + REG_FS]
        mov     gs, [cs:callee_gives + REG_GS]
        mov     eax, [cs:callee_gives + REG_EAX]
%endmacro

; Interrupt handler: flags go back through the pushed image, as a BIOS does it. IRET restores the low half
; only; the high half of EFLAGS is loaded directly.
callee_echo_interrupt:
        record_all
        mov     bp, sp
        mov     ax, [cs:callee_gives + REG_EFLAGS]
        mov     [ss:bp + 4], ax
        push    dword [cs:callee_gives + REG_EFLAGS]
        and     word [ss:bp - 4], ~FLAGS_IF
        popfd
        give_all
        iret

; Far function: flags as they are at RETF.
callee_echo_far:
        record_all
        push    dword [cs:callee_gives + REG_EFLAGS]
        popfd
        give_all
        retf

; The callee from hell: leaves behind everything that firmware has ever been seen to leave behind.
callee_poison:
        record_all
        o32 lgdt [cs:poison_gdt]
        o32 lidt [cs:poison_idt]
        in      al, 0x92                        ; A20 off
        and     al, 0xFC
        out     0x92, al
        mov     al, 0xA5                        ; other lines masked
        out     0x21, al
        mov     al, 0x5A
        out     0xA1, al
        pop     ax                              ; IP
        pop     bx                              ; CS
        mov     cx, ss
        mov     esp, 0xDEAD8000                 ; another stack, and a high half that is not zero
        mov     ss, [cs:poison_stack]
        push    bx
        push    ax
        push    dword FLAGS_FIXED | FLAGS_DF | FLAGS_IF | FLAGS_AC
        popfd
        mov     eax, 0xFFFFFFFF
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        retf                                    ; leaves the flags of the INT on the old stack

        section .kjump.real.data progbits alloc noexec write align=16
poison_gdt:     dw 0x17
                dd 0x000F0000
poison_idt:     dw 0
                dd 0x00C0FFEE
poison_stack:   dw BOUNCE_SEGMENT
callee_gives:   times FIRMWARE_REGISTERS_BYTES db 0
callee_seen:    times FIRMWARE_REGISTERS_BYTES db 0
