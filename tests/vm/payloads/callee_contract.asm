; SPDX-License-Identifier: MIT
; Firmware that breaks one line of the contract each: real-mode callees, each in its own 64 bytes, in the
; order of kPoisons in contract.cpp.
%include "abi.inc"

        global callee_contract

        section .kjump.real.text progbits alloc exec nowrite align=16
bits 16

%macro  callee 0
        align   64
%endmacro

; A flat ES, as drivers in a BIOS make one for themselves. GDTR is still the runtime's.
%macro  flat_es 0
        mov     ecx, cr0
        inc     cx
        mov     cr0, ecx
        mov     ax, SEL_DATA32
        mov     es, ax
        dec     cx
        mov     cr0, ecx
%endmacro

%macro  change_msr 2                    ; number, bits of the low half
        mov     ecx, %1
        rdmsr
        xor     eax, %2
        wrmsr
        xor     eax, eax
        xor     edx, edx
        xor     ecx, ecx
        retf
%endmacro

        align   64
callee_contract:
        callee                          ; .: nothing wrong
        mov     ax, 0x1234
        retf
        callee                          ; b: high half of EBX
        or      ebx, 0xBAD00000
        retf
        callee                          ; d: DS
        mov     ax, cs
        mov     ds, ax
        retf
        callee                          ; e: high half of ESP
        or      esp, 0xDEAD0000
        retf
        callee                          ; s: another stack
        pop     ax
        pop     bx
        mov     cx, BOUNCE_SEGMENT
        mov     ss, cx
        mov     esp, 0x8000
        push    bx
        push    ax
        retf
        callee                          ; D: direction flag
        std
        retf
        callee                          ; I: interrupt flag
        sti
        retf
        callee                          ; A: alignment check
        pushfd
        pop     eax
        or      eax, FLAGS_AC
        push    eax
        xor     eax, eax
        popfd
        retf
        callee                          ; g: GDTR
        o32 lgdt [cs:poison_table]
        retf
        callee                          ; i: IDTR, as SeaBIOS does it
        o32 lidt [cs:poison_ivt]
        retf
        callee                          ; 0: CR0, task switched
        mov     eax, cr0
        or      al, 8
        mov     cr0, eax
        xor     eax, eax
        retf
        callee                          ; 3: CR3
        mov     eax, 0x5000
        mov     cr3, eax
        xor     eax, eax
        retf
        callee                          ; 4: CR4, time stamps for the privileged only
        mov     eax, cr4
        or      al, 4
        mov     cr4, eax
        xor     eax, eax
        retf
        callee                          ; f: EFER, SYSCALL
        change_msr MSR_EFER, EFER_SCE
        callee                          ; a: where the local APIC is
        change_msr 0x1B, 0x00100000
        callee                          ; m: the last variable MTRR's base
        change_msr 0x20E, 6
        callee                          ; p: PAT
        change_msr 0x277, 7
        callee                          ; 2: A20
        in      al, 0x92
        and     al, 0xFC
        out     0x92, al
        xor     al, al
        retf
        callee                          ; c: CMOS index, NMIs masked
        mov     al, 0x80
        out     0x70, al
        xor     al, al
        retf
        callee                          ; k: mask of the second 8259
        mov     al, 0xFF
        out     0xA1, al
        xor     al, al
        retf
        callee                          ; l: ELCR
        mov     dx, 0x4D0
        in      al, dx
        xor     al, 0x20
        out     dx, al
        xor     ax, ax
        retf
        callee                          ; L: LINT1 of the local APIC
        flat_es
        mov     edi, 0xFEE00360
        xor     dword [es:edi], 1 << 16
        xor     ax, ax
        xor     edi, edi
        xor     ecx, ecx
        retf
        callee                          ; t: PIT, square waves
        mov     al, 0x36
        out     0x43, al
        xor     al, al
        out     0x40, al
        out     0x40, al
        retf
        callee                          ; h: HPET, legacy routes
        flat_es
        mov     edi, CARRIER_HPET_BASE + 0x10
        xor     dword [es:edi], 2
        xor     ax, ax
        xor     edi, edi
        xor     ecx, ecx
        retf
        callee                          ; v: an interrupt vector
        xor     ax, ax
        mov     es, ax
        mov     dword [es:0x61 * 4], 0xF000E05B
        retf
        callee                          ; n: number of disks, BIOS data area
        mov     ax, 0x40
        mov     es, ax
        inc     byte [es:0x75]
        retf
        callee                          ; T: ticks there
        mov     ax, 0x40
        mov     es, ax
        inc     byte [es:0x6D]
        retf
        callee                          ; x: size of the extended BIOS data area
        mov     ax, 0x40
        mov     es, ax
        mov     es, [es:0x0E]
        inc     byte [es:0]
        retf
        callee                          ; X: the area itself
        mov     ax, 0x40
        mov     es, ax
        mov     es, [es:0x0E]
        inc     byte [es:0x3FE]
        retf
        callee                          ; V: the screen off
        mov     dx, 0x3C4
        mov     al, 1
        out     dx, al
        inc     dx
        in      al, dx
        xor     al, 0x20
        out     dx, al
        xor     ax, ax
        xor     dx, dx
        retf
        callee                          ; S: five thousand bytes of stack
        sub     sp, 5000
        push    ax
        add     sp, 5002
        retf

        section .kjump.real.data progbits alloc noexec write align=16
poison_table:   dw 0x17
                dd 0x000F0000
poison_ivt:     dw 0x3FF
                dd 0
