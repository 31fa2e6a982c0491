; SPDX-License-Identifier: MIT
; The real-mode thunk: one call of firmware, with every register given and every register returned.
;
; The callee is not trusted with anything. After it, GDTR, IDTR, segment limits, DF, IF, AC, the high
; half of ESP, A20 and the 8259 masks are what they were, whatever it did (T14-T19, T44, T26). The
; 8259's vector bases cannot be read back and are not re-initialised here: ICW1 would drop pending
; timer ticks on every call.
%include "sections.inc"

        global kjump_firmware_call, kjump_repairs, kjump_running_call
        global kjump_callee_esp, kjump_callee_gdt, kjump_callee_idt, kjump_pic_masks, kjump_callee_pic_masks
        global kjump_callee_returns
        extern kjump_physical_to_real, kjump_real_to_physical, kjump_enable_a20, kjump_saved_vectors
        extern kjump_trail, kjump_call_hooks, kjump_call_is_watched, kjump_before_call, kjump_after_call
        extern kjump_edge_watch, kjump_pause_edges, kjump_resume_edges

%define PIC_MASTER_MASK 0x21
%define PIC_SLAVE_MASK  0xA1
%define A20_DISTANCE    0x100000

; What the callee finds on the firmware stack, and what the thunk pops before it. Lowest address first.
        struc   frame
.registers:     resb FIRMWARE_REGISTERS_BYTES - 4       ; GS..EAX, popped in this order
.target:        resd 2                                  ; EIP, CS for IRETD
.eflags:        resd 1                                  ; live flags on entry of the callee
.return:        resw 2                                  ; IP, CS of the way back
.pushed_flags:  resw 1                                  ; what the callee's IRET pops; interrupts only
                resw 1
        endstruc

%define FRAME           (FIRMWARE_STACK_TOP - frame_size)
; Registers come back here: EFLAGS on top, then PUSHAD, then the segments, as in FirmwareRegisters.
%define RETURNED        (FIRMWARE_STACK_TOP - FIRMWARE_REGISTERS_BYTES)

flat_text
bits 32

; kjump_firmware_call - void kjump_firmware_call(abi::FirmwareCall* call)
; mode: 32-bit, paging off, stub's GDT, IF=0 -> the same     call: near, C convention
; in: [esp + 4] = physical address of the call record; registers, kind and target in it
; out: registers and repairs in the record
; clobbers: eax ecx edx flags   preserves: ebx esi edi ebp   interrupts: as the callee likes
; fails: a callee that does not return keeps the processor; A20 that cannot be switched on resets
; the machine (memory would be wrong)
kjump_firmware_call:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     esi, [esp + 20]
        mov     [kjump_running_call], esi
        mov     [physical_esp], esp
        cmp     byte [REAL_BASE + kjump_edge_watch], EDGE_WATCH_NONE
        jne     .pause_edges
.edges_are_paused:
        mov     edi, [kjump_trail]
        mov     eax, [esi + CALL_EAX]
        mov     [edi + TRAIL_EAX], eax
        mov     eax, [esi + CALL_TARGET]
        mov     [edi + TRAIL_TARGET], eax
        mov     eax, [esi + CALL_KIND]                  ; with the vector in the high half
        mov     [edi + TRAIL_CALL], eax
        inc     dword [edi + TRAIL_CALLS]
        or      byte [edi + TRAIL_IN_CALL], 1
        mov     eax, [esi + CALL_DEADLINE]
        or      eax, [kjump_call_hooks]
        jnz     .before
.prepared:
        in      al, PIC_SLAVE_MASK
        mov     ah, al
        in      al, PIC_MASTER_MASK
        mov     [kjump_pic_masks], ax
        mov     edx, [esi + CALL_EFLAGS]
        mov     ebx, [esi + CALL_TARGET]
        mov     edi, REAL_BASE + FRAME + frame.return
        cmp     word [esi + CALL_KIND], CALL_INTERRUPT
        jne     .far_call
        movzx   ebx, word [esi + CALL_VECTOR]
        cmp     ebx, HOOKED_VECTORS
        jb      .hooked
        mov     ebx, [ebx * 4]                          ; the IVT: IP in the low word, CS in the high
.target_is_known:
        mov     [edi + frame.pushed_flags - frame.return], dx
        and     edx, ~(FLAGS_IF | FLAGS_TF | FLAGS_AC)  ; as INT itself does (SDM, INT n)
.far_call:
        mov     dword [edi], (REAL_SEGMENT << 16)
        mov     word [edi], callee_returned
        mov     [edi + frame.eflags - frame.return], edx
        movzx   eax, bx
        mov     [edi + frame.target - frame.return], eax
        shr     ebx, 16
        mov     [edi + frame.target - frame.return + 4], ebx
        mov     edi, REAL_BASE + FRAME
        mov     ecx, (FIRMWARE_REGISTERS_BYTES - 4) / 4
        rep movsd
        mov     bx, enter_callee
        mov     ecx, FRAME
        jmp     kjump_physical_to_real

; A deadline, or a comparison of what the callee must not change: runtime/supervisor/call_hooks.cpp.
.before:
        push    esi
        call    kjump_before_call
        add     esp, 4
        jmp     .prepared

.pause_edges:
        call    kjump_pause_edges
        jmp     .edges_are_paused

.hooked:
        mov     ebx, [REAL_BASE + kjump_saved_vectors + ebx * 4]
        jmp     .target_is_known

real_text
bits 16
enter_callee:
        pop     gs
        pop     fs
        pop     es
        pop     ds
        popad                                           ; skips ESP
        iretd

; Only CS:IP can be relied on here.
callee_returned:
        mov     [cs:callee_eax], eax                    ; moves leave the callee's flags alone
        mov     [cs:callee_sp], sp
        mov     [cs:callee_sp + 2], ss
        mov     [cs:kjump_callee_esp], esp
        o32 sgdt [cs:kjump_callee_gdt]
        o32 sidt [cs:kjump_callee_idt]
        mov     ax, cs
        mov     ss, ax
        mov     esp, FIRMWARE_STACK_TOP                 ; T19: the high half too
        pushfd
        cli
        cld
        mov     eax, [cs:callee_eax]
        pushad
        push    ds
        push    es
        push    fs
        push    gs
        mov     ebx, back_in_physical
        jmp     kjump_real_to_physical

flat_text
bits 32
back_in_physical:
        mov     esp, [physical_esp]
        push    dword FLAGS_FIXED
        popfd                                           ; AC, NT, ID, TF: gone
        mov     edi, [kjump_running_call]
        mov     edx, edi
        mov     esi, REAL_BASE + RETURNED
        mov     ecx, FIRMWARE_REGISTERS_BYTES / 4
        rep movsd
        mov     eax, [REAL_BASE + callee_sp]
        mov     [edx + CALL_STACK], eax
        xor     ebx, ebx                                ; repairs
        mov     [kjump_running_call], ebx
        mov     eax, [kjump_trail]
        mov     [eax + TRAIL_IN_CALL], ebx

        mov     eax, [a20_probe]                        ; equal only if A20 is off, or by chance: the
        cmp     eax, [a20_probe + A20_DISTANCE]         ; probe changes and looks again
        je      .check_a20
.a20_is_on:
        in      al, PIC_SLAVE_MASK
        mov     ah, al
        in      al, PIC_MASTER_MASK
        cmp     ax, [kjump_pic_masks]
        jne     .restore_masks
.masks_are_right:
        mov     [edx + CALL_REPAIRS], ebx
        or      [kjump_repairs], ebx
        cmp     byte [kjump_call_is_watched], 0
        jne     .after
.done:
        cmp     byte [REAL_BASE + kjump_edge_watch], EDGE_WATCH_NONE
        jne     .resume_edges
.out:
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

.after:
        push    edx
        call    kjump_after_call
        pop     edx
        jmp     .done

.resume_edges:
        call    kjump_resume_edges
        jmp     .out

.restore_masks:
        mov     [kjump_callee_pic_masks], ax
        mov     ax, [kjump_pic_masks]
        out     PIC_MASTER_MASK, al
        mov     al, ah
        out     PIC_SLAVE_MASK, al
        or      ebx, REPAIR_PIC_MASK
        jmp     .masks_are_right

.check_a20:
        not     dword [a20_probe]
        mov     eax, [a20_probe]
        cmp     eax, [a20_probe + A20_DISTANCE]
        jne     .a20_is_on
        push    edx
        call    kjump_enable_a20
        pop     edx
        or      ebx, REPAIR_A20
        jmp     .a20_is_on

flat_data
a20_probe:      dd 0x4A554D50
kjump_callee_returns:                                   ; SP after a RETF, after an IRET or RETF 2
                dw FRAME + frame.return + 4, FRAME + frame.return + 6

flat_bss
kjump_repairs:  resd 1                                  ; of all calls since the supervisor cleared it
kjump_running_call:
                resd 1                                  ; address of its record; 0: none
physical_esp:   resd 1
kjump_pic_masks:
                resw 1                                  ; master, slave; before the call
kjump_callee_pic_masks:
                resw 1                                  ; as the callee left them, if they were not the same

; What the callee left, as far as it cannot be read any more when the thunk is done.
real_bss
callee_eax:     resd 1
callee_sp:      resd 1
kjump_callee_esp:
                resd 1
kjump_callee_gdt:                                       ; a limit of 16 bits, then the base
                resb 6
kjump_callee_idt:
                resb 6
