; SPDX-License-Identifier: MIT
; GDT, IDTs and the pointers to them. They live in the real segment, because the way up from real mode
; must load the GDT with a 16-bit address; every pointer holds a linear address.
%include "sections.inc"

        global kjump_gdt, kjump_gdt_pointer, kjump_idt64_pointer, kjump_idt32_pointer, kjump_ivt_pointer
        extern kjump_nmi64, kjump_vector32, kjump_slave_interrupt32

; One descriptor: base, limit (in bytes, or in pages with granularity), access and flag nibble
; (SDM volume 3, figure 3-8).
%macro  descriptor 4            ; base, limit, access, flags
        dw      (%2) & 0xFFFF, (%1) & 0xFFFF
        db      ((%1) >> 16) & 0xFF, %3, ((%4) << 4) | (((%2) >> 16) & 0xF), ((%1) >> 24) & 0xFF
%endmacro

%define CODE            0x9B    ; present, code, readable, accessed
%define DATA            0x93    ; present, data, writable, accessed
%define FLAT32          0xC     ; page granularity, 32-bit
%define LONG64          0xA     ; page granularity, 64-bit code
%define SIZE16          0x0     ; byte granularity, 16-bit

; Places the next descriptor at its selector: slot and selector cannot disagree.
%macro  at_selector 1
        times (%1) - ($ - kjump_gdt) db 0
%endmacro

real_data

        align   16              ; T7
kjump_gdt:
        at_selector SEL_CODE32
        descriptor 0, 0xFFFFF, CODE, FLAT32
        at_selector SEL_CODE64
        descriptor 0, 0xFFFFF, CODE, LONG64
        at_selector SEL_DATA32
        descriptor 0, 0xFFFFF, DATA, FLAT32
        at_selector SEL_CODE16  ; base = selector << 4 of the real segment, limit 64 KiB: what real mode
        descriptor REAL_BASE, 0xFFFF, CODE, SIZE16 ; expects to find cached (T2, T3)
        at_selector SEL_DATA16
        descriptor REAL_BASE, 0xFFFF, DATA, SIZE16
        at_selector SEL_TSS64   ; filled in by run_long_payload.asm
        dq      0, 0
        at_selector SEL_I386_CODE
        descriptor 0, 0xFFFFF, CODE, FLAT32
        at_selector SEL_I386_DATA
        descriptor 0, 0xFFFFF, DATA, FLAT32
        at_selector GDT_BYTES

; Usable by LGDT/LIDT in all three modes: real and physical mode read the first six bytes.
kjump_gdt_pointer:
        dw      GDT_BYTES - 1
        dd      REAL_BASE + kjump_gdt, 0
kjump_idt64_pointer:
        dw      idt64.end - idt64 - 1
        dd      REAL_BASE + idt64, 0
kjump_idt32_pointer:
        dw      idt32.end - idt32 - 1
        dd      REAL_BASE + idt32
kjump_ivt_pointer:
        dw      0x3FF
        dd      0

%define INTERRUPT_GATE  0x8E00  ; present, DPL 0, 32-bit (in long mode: 64-bit) interrupt gate

; Long mode of the stub itself; a long-mode payload has a table of its own (long_exceptions.asm). An NMI is let pass; anything else is a bug or broken hardware,
; and an absent gate makes it a reset instead of a jump to nowhere.
        align   8
idt64:
        times VECTOR_NMI * 16 db 0
        dw      kjump_nmi64, SEL_CODE64, INTERRUPT_GATE, REAL_BASE >> 16
        dd      0, 0
.end:

; Physical mode: exceptions, which share their vectors with the first 8259, and the second 8259's
; interrupts; see exceptions.asm. A vector stub is 4 bytes long.
idt32:
%assign vector 0
%rep EXCEPTION_VECTORS
        dw      kjump_vector32 + vector * 4, SEL_CODE32, INTERRUPT_GATE, REAL_BASE >> 16
%assign vector vector + 1
%endrep
        times (SLAVE_VECTORS - EXCEPTION_VECTORS) * 8 db 0
%rep IDT_VECTORS - SLAVE_VECTORS
        dw      kjump_slave_interrupt32, SEL_CODE32, INTERRUPT_GATE, REAL_BASE >> 16
%endrep
.end:

%if REAL_BASE & 0xFFFF
%error "gates hold (REAL_BASE >> 16) as the high half of every handler's address"
%endif
