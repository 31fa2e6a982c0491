; SPDX-License-Identifier: MIT
; Reads EFER where there is one: i386 kernels also run on processors that have none, where RDMSR of it faults.
%include "sections.inc"

        global kjump_read_efer

flat_text
bits 32

; kjump_read_efer - EFER, or 0 on a processor without it.
; mode: 32-bit, paging off -> the same     call: near
; in: -   out: edx:eax = EFER   clobbers: ecx flags   preserves: all else   fails: cannot
kjump_read_efer:
        push    ebx                                     ; CPUID takes it
        mov     eax, CPUID_EXTENDED
        cpuid
        sub     eax, CPUID_EXTENDED + 1                 ; the highest extended leaf, less the one that we want
        cmp     eax, 0xFFFF
        ja      .none                                   ; there are none: the answer is a basic leaf's
        mov     eax, CPUID_EXTENDED + 1
        cpuid
        test    edx, CPUID_HAS_EFER
        jz      .none
        mov     ecx, MSR_EFER
        rdmsr
        pop     ebx
        ret
.none:
        xor     eax, eax
        xor     edx, edx
        pop     ebx
        ret
