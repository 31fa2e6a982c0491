; SPDX-License-Identifier: MIT
; Entry of the Multiboot program that starts a jump image: GRUB's `multiboot`, QEMU's -kernel.
%include "sections.inc"

        extern multiboot_lay_out, multiboot_base
        global start

%define MULTIBOOT_MAGIC 0x1BADB002
%define MULTIBOOT_FLAGS (1 << 16)                       ; the address fields count: the file is no ELF

; Multiboot specification 0.6.96, 3.1. The sdk appends plan and pieces: the whole file is loaded.
        section .multiboot progbits alloc noexec nowrite align=4
header: dd      MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        dd      header, multiboot_base, 0, 0, start

        section .text progbits alloc exec nowrite align=16
bits 32

; start - mode: 32-bit protected, paging off, IF=0, flat segments, any GDT
; in: eax = Multiboot magic, ebx = physical address of the Multiboot information   out: the image's flat boot entry
start:
        mov     esp, stack_top
        cld
        push    ebx
        push    eax
        call    multiboot_lay_out
        test    eax, eax
        jz      .stop
        jmp     eax
.stop:                                                  ; the file is cut off: nothing here can be believed
        cli
        hlt
        jmp     .stop

        section .bss nobits alloc noexec write align=16
        resb    0x1000
stack_top:
