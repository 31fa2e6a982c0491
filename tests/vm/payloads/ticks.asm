; SPDX-License-Identifier: MIT
; Rule: while a payload runs, the BIOS's 18.2 Hz tick arrives through IRQ 0, although Linux had the 8259 shut
; and the HPET in the timer's place. Waits for three ticks of the counter at 40:6C with interrupts on;
; status = ticks seen before 2^32 TSC cycles were over. Replies with the TSC cycles per tick of the last two.
bits 16
%include "kjump/payload.inc"

%define TICK_COUNTER    0x46C
%define WANTED          3

kmain
        push    ebx
        push    esi
        push    edi
        xor     ax, ax
        mov     fs, ax
        rdtsc
        mov     [deadline], edx
        inc     dword [deadline]
        inc     dword [deadline]
        xor     ebx, ebx
        sti
.wait:  mov     esi, [fs:TICK_COUNTER]
.same:  rdtsc
        cmp     edx, [deadline]
        jae     .done
        cmp     esi, [fs:TICK_COUNTER]
        je      .same
        mov     edi, eax
        sub     edi, [last]
        mov     [last], eax
        inc     ebx
        cmp     ebx, WANTED
        jb      .wait
.done:  cli
        mov     [cycles], edi
        kcall   kjump_write_reply, cycles, 4
        mov     eax, ebx
        pop     edi
        pop     esi
        pop     ebx
        o32 ret

        section .data
deadline: dd 0
last:   dd      0
cycles: dd      0
