; SPDX-License-Identifier: MIT
; Second stage: puts the image's pieces into place and calls it; then boots what would have been booted without us.
%include "abi.inc"
%include "disk.inc"

%define CLEAR_STEP      0x10000

; Records that were read.
%define COMMIT          BOOT_RECORDS_ADDRESS
%define STATE           BOOT_RECORDS_ADDRESS + BOOT_SECTOR_BYTES

        org     BOOT_BLOCK_ADDRESS
bits 16

; block - mode: real, DS = ES = SS = 0, CS = 0   in: dl = BIOS drive, stack as boot_sector.asm left it   out: never
block:
        mov     [drive], dl
        call    find_image
        jc      .complain
        jz      .go_on
        int     0x12                            ; KiB below the EBDA, or below whatever has taken room there
        cmp     ax, BOOT_CLEAR_END / 1024
        mov     si, no_room
        jb      .complain
        call    clear
        call    load_pieces
        jc      .complain
        mov     eax, [fields + BOOT_BLOCK_ENTRY]
        sub     eax, REAL_BASE
        mov     [entry], ax
        mov     dl, [drive]
        call    far [entry]
        mov     ax, EXCHANGE_SEGMENT
        mov     es, ax
        xor     ax, ax
        mov     ds, ax
        cld
        mov     si, faulted                     ; nobody else could tell
        cmp     dword [es:HEADER_OUTCOME], OUTCOME_RETURNED
        jne     start_again
        mov     si, lost_disks
        cmp     dword [es:HEADER_STATUS], BOOT_ON
        je      .go_on
        jmp     start_again
.complain:
        call    print
.go_on:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        cmp     dword [fields + BOOT_BLOCK_HAS_OLD_CODE], 0
        jne     old_code
        int     0x18                            ; the next boot device
.stop:
        hlt
        jmp     .stop

; old_code - what was in the sector before us, at its place, with the partition table that the sector has now.
old_code:
        mov     si, fields + BOOT_BLOCK_OLD_CODE
        mov     di, BOOT_SECTOR_ADDRESS
        mov     cx, BOOT_CODE_BYTES
        rep movsb
        pop     dx
        pop     si
        pop     ds
        pop     di
        pop     es
        jmp     0:BOOT_SECTOR_ADDRESS

        start_again_routine

; find_image - is there one that nobody went on from?
; out: ZF: no; CF and si = what to say: cannot read   clobbers: eax bx di bp
; The hashes are the payload's business: what looks like an image here it can still refuse.
find_image:
        cmp     dword [fields + BOOT_BLOCK_COMMITS], 0
        je      .found                          ; there is no store
        mov     bp, fields + BOOT_BLOCK_COMMITS
        mov     bx, BOOT_SLOTS
.slot:
        mov     di, BOOT_RECORDS_ADDRESS
        call    read_record
        jc      .done
        add     bp, BOOT_BLOCK_STATES - BOOT_BLOCK_COMMITS
        mov     di, BOOT_RECORDS_ADDRESS + BOOT_SECTOR_BYTES
        call    read_record
        jc      .done
        call    is_waiting
        je      .waits
        add     bp, 8 - (BOOT_BLOCK_STATES - BOOT_BLOCK_COMMITS)
        dec     bx
        jnz     .slot
        xor     bx, bx                          ; ZF
        ret
.waits:
        call    take_skip_mark
        jc      .done
        jz      .done
.found:
        or      sp, sp                          ; never 0: neither ZF nor CF
.done:
        ret

; take_skip_mark - boot past the image if it was refused a moment ago.
; in: packet of the state record   out: ZF: there was a mark, it is gone now; CF and si as find_image
take_skip_mark:
        add     dword [packet.sector], 1
        adc     dword [packet.sector + 4], 0
        mov     word [packet.offset], COMMIT
        call    read_sectors
        mov     si, cannot_read
        jc      .done
        cmp     dword [COMMIT], BOOT_SKIP_MAGIC
        jne     .none
        and     dword [COMMIT], 0
        mov     ax, 0x4300                      ; write, without verification: a mark that stays does no harm
        mov     dl, [drive]
        mov     si, packet
        int     0x13
        cmp     al, al
.done:
        ret
.none:
        mov     word [packet.offset], 0
        or      sp, sp
        ret

; read_record - in: ds:bp = LBA, di = where to   out: as find_image
read_record:
        mov     eax, [ds:bp]
        mov     [packet.sector], eax
        mov     eax, [ds:bp + 4]
        mov     [packet.sector + 4], eax
        mov     word [packet.count], 1
        mov     [packet.offset], di
        push    bx
        push    bp
        call    read_sectors
        pop     bp
        pop     bx
        mov     word [packet.offset], 0
        mov     si, cannot_read
        ret

; is_waiting - out: ZF: the records at BOOT_RECORDS_ADDRESS are of an image that waits   clobbers: eax
is_waiting:
        cmp     dword [COMMIT], COMMIT_MAGIC_LOW
        jne     .done
        cmp     dword [COMMIT + 4], COMMIT_MAGIC_HIGH
        jne     .done
        cmp     dword [STATE], STATE_MAGIC_LOW
        jne     .yes
        cmp     dword [STATE + 4], STATE_MAGIC_HIGH
        jne     .yes
        mov     eax, [COMMIT + COMMIT_GENERATION]
        cmp     eax, [STATE + STATE_GENERATION]
        jne     .yes                            ; about another one
        cmp     dword [STATE + STATE_STATE], STATE_DONE
        jae     .no                             ; done, discarded, or a snapshot
        cmp     dword [STATE + STATE_ATTEMPTS], MOST_ATTEMPTS
        jb      .yes
.no:
        or      sp, sp                          ; never 0
        ret
.yes:
        cmp     al, al
.done:
        ret

; clear - zero all memory that an image may have   clobbers: eax bx cx di es
clear:
        mov     bx, BOOT_CLEAR_BASE >> 4
.next:
        mov     es, bx
        xor     di, di
        xor     eax, eax
        mov     cx, CLEAR_STEP / 4
        rep stosd
        add     bx, CLEAR_STEP >> 4
        cmp     bx, BOOT_CLEAR_END >> 4
        jb      .next
        ret

; load_pieces - out: CF and si = what to say: it failed   clobbers: eax ebx ecx edx bp di es
load_pieces:
        mov     bp, BOOT_BLOCK_ADDRESS + BOOT_BLOCK_PIECES
        mov     bx, [fields + BOOT_BLOCK_COUNT]
.next:
        push    bx
        call    load_piece
        pop     bx
        jc      .done
        add     bp, BOOT_PIECE_BYTES
        dec     bx
        jnz     .next
.done:
        ret

; load_piece - in: ds:bp = BootPiece   out: as load_pieces
load_piece:
        mov     eax, [ds:bp + PIECE_SECTOR]
        mov     [packet.sector], eax
        mov     eax, [ds:bp + PIECE_SECTOR + 4]
        mov     [packet.sector + 4], eax
        mov     ax, [ds:bp + PIECE_SECTORS]
        mov     [packet.count], ax
        mov     eax, [ds:bp + PIECE_ADDRESS]
        shr     eax, 4
        mov     [packet.segment], ax
        push    bp
        call    read_sectors
        pop     bp
        mov     si, cannot_read
        jc      .done
        mov     es, [packet.segment]
        mov     cx, [ds:bp + PIECE_SECTORS]
        shl     cx, 9
        call    crc
        cmp     eax, [ds:bp + PIECE_CRC]
        mov     si, damaged
        je      .done                           ; CF is clear
        stc
.done:
        ret

        disk_routines

no_room:        db "kjump: firmware leaves too little memory below 640 KiB", 13, 10, 0
cannot_read:    db "kjump: cannot read the boot program", 13, 10, 0
damaged:        db "kjump: the boot program is damaged", 13, 10, 0
faulted:        db "kjump: the boot program failed; starting again", 13, 10, 0
lost_disks:     db "kjump: starting again", 13, 10, 0
drive:          db 0
        align   4, db 0
entry:          dw 0, REAL_SEGMENT
packet:         db 16, 0
.count:         dw 0
.offset:        dw 0
.segment:       dw 0
.sector:        dq 0

        times BOOT_BLOCK_CODE - ($ - $$) db 0
fields:         dd BOOT_BLOCK_MAGIC
        times BOOT_BLOCK_BYTES - ($ - $$) db 0

%if BOOT_SECTOR_BYTES != 1 << 9 || BOOT_CLEAR_END - BOOT_CLEAR_BASE & CLEAR_STEP - 1
%error "a shift for sectors of 512 bytes; whole steps"
%endif
