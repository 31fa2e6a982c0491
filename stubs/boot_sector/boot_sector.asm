; SPDX-License-Identifier: MIT
; First sector of a disk: loads the boot block, checks it, jumps. 440 bytes; what follows in the sector is the disk's.
%include "abi.inc"
%include "disk.inc"

        org     BOOT_SECTOR_ADDRESS
bits 16

; start - mode: real, loaded at BOOT_SECTOR_ADDRESS by firmware or by another boot loader
; in: dl = BIOS drive   out: the boot block runs: DS = ES = SS = 0, SP = BOOT_SECTOR_ADDRESS less what start has pushed
; fails: says so and goes on with the next boot device
start:
        jmp     0:.normalised                   ; some firmware comes in at 07C0:0000
.normalised:
        cli
        xor     ax, ax
        mov     ss, ax
        mov     sp, BOOT_SECTOR_ADDRESS
        sti
        cld
        push    es                              ; ES:DI, DS:SI: Plug and Play's, or another boot loader's
        push    di
        push    ds
        push    si
        push    dx
        mov     ds, ax
        mov     es, ax
        mov     [drive], dl
        mov     eax, [fields]
        mov     [packet.sector], eax
        mov     eax, [fields + 4]
        mov     [packet.sector + 4], eax
        mov     si, cannot_read
        call    read_block
        jc      give_up
        push    BOOT_BLOCK_ADDRESS >> 4
        pop     es
        mov     cx, BOOT_BLOCK_BYTES
        call    crc
        cmp     eax, [fields + BOOT_SECTOR_CRC]
        mov     si, damaged
        jne     give_up
        push    ds
        pop     es
        mov     dl, [drive]
        jmp     BOOT_BLOCK_ADDRESS

read_block:
        push    si
        call    read_sectors
        pop     si
        ret

give_up:
        call    print
        int     0x18
.stop:
        hlt
        jmp     .stop

        disk_routines

cannot_read:    db "kjump: cannot read the boot block", 13, 10, 0
damaged:        db "kjump: the boot block is damaged", 13, 10, 0
drive:          db 0
        align   4, db 0
packet:         db 16, 0
                dw BOOT_BLOCK_BYTES / BOOT_SECTOR_BYTES, BOOT_BLOCK_ADDRESS, 0
.sector:        dq 0

        times BOOT_SECTOR_FIELDS - ($ - $$) db 0
fields:         dq 0                            ; filled in when it is installed
                dd 0
                dd BOOT_SECTOR_MAGIC
        times BOOT_CODE_BYTES - ($ - $$) db 0
