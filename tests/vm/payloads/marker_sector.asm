; SPDX-License-Identifier: MIT
; What stands for the boot loader that was there: says which drive it came from, and that interrupts still arrive; ends
; the machine through QEMU's exit port.
%include "abi.inc"

        org     BOOT_SECTOR_ADDRESS
bits 16
start:
        mov     bh, dl
        xor     ax, ax
        mov     ds, ax
        mov     si, text
        call    print
        mov     al, bh
        call    print_byte
        mov     eax, [0x46C]                    ; the BIOS's tick counter
.tick:  cmp     eax, [0x46C]                    ; hangs here where no interrupt comes
        je      .tick
        mov     si, ticks
        call    print
        mov     dx, DEBUG_EXIT_PORT
        mov     al, DEBUG_EXIT_DONE
        out     dx, al
        jmp     $

print_byte:
        mov     bl, al
        shr     al, 4
        call    print_digit
        mov     al, bl
        and     al, 15
print_digit:
        cmp     al, 10
        sbb     al, 0x69
        das
        jmp     put
print:
        lodsb
        test    al, al
        jz      done
        call    put
        jmp     print
put:
        mov     dx, 0x402
        out     dx, al
done:
        ret

text:   db "marker, drive ", 0
ticks:  db ", it ticks", 10, 0
        times BOOT_CODE_BYTES - ($ - $$) db 0
        times BOOT_SECTOR_BYTES - 2 - ($ - $$) db 0
        dw      0xAA55
