; SPDX-License-Identifier: MIT
; From physical mode up to long mode: on given tables, or with the paging depth and features found at entry.
%include "sections.inc"

        global kjump_physical_to_long, kjump_enter_long
        extern kjump_entry_state

%define TABLE           3               ; present, writable
%define LEAF_2M         0x83            ; present, writable, page size

flat_text
bits 32

; kjump_physical_to_long - enter long mode on tables that identity-map the first 2 MiB.
; mode: 32-bit, paging off, flat segments, IF=0 -> 64-bit, IF=0
; call: 32-bit near call; returns by a 64-bit jump, stack balanced
; in: kjump_entry_state (CR0, CR4, EFER)  out: CS = SEL_CODE64; CR0, CR4 and EFER as at entry
; clobbers: eax ebx ecx edx esi edi flags, the stacks at PAGE_TABLES_BASE, where the tables go   fails: cannot
;
; The tables are small on purpose: they only have to carry the stub to its `mov cr3` of the kernel's
; own, which may lie above 4 GiB where 32-bit code cannot load it. LA57 cannot be changed while paging
; is on, so a kernel with 5-level paging gets 5-level tables (kexec_jump.md 0.3).
kjump_physical_to_long:
        pop     ebx
        mov     edx, PAGE_TABLES_BASE                   ; PML5, PML4, PDPT, PD; one entry each
        lea     eax, [edx + PAGE_BYTES + TABLE]
        mov     [edx], eax
        lea     eax, [edx + 2 * PAGE_BYTES + TABLE]
        mov     [edx + PAGE_BYTES], eax
        lea     eax, [edx + 3 * PAGE_BYTES + TABLE]
        mov     [edx + 2 * PAGE_BYTES], eax
        mov     dword [edx + 3 * PAGE_BYTES], LEAF_2M
        xor     eax, eax
%assign level 0
%rep 4
        mov     [edx + level * PAGE_BYTES + 4], eax
%assign level level + 1
%endrep
        mov     edi, [kjump_entry_state + ENTRY_CR0]
        mov     esi, [kjump_entry_state + ENTRY_EFER]
        and     esi, ~EFER_LMA                          ; read-only until paging is on
        mov     eax, [kjump_entry_state + ENTRY_CR4]
        test    eax, CR4_LA57
        jnz     kjump_enter_long
        add     edx, PAGE_BYTES                         ; four levels: start at the PML4

; kjump_enter_long - enter long mode on the caller's terms.
; mode: 32-bit, paging off, stub's GDT, IF=0 -> 64-bit, IF=0     call: jump; continues at a given address
; in: eax = CR4, edx = CR3, esi = EFER, whose high half is reserved, edi = CR0, ebx = address to continue at
; out: CS = SEL_CODE64, the other segments as they were   clobbers: eax ecx edx flags   fails: cannot
kjump_enter_long:
        mov     cr4, eax
        mov     cr3, edx
        mov     eax, esi
        xor     edx, edx
        mov     ecx, MSR_EFER
        wrmsr
        mov     cr0, edi
        jmp     SEL_CODE64:.long
bits 64
.long:
        mov     ebx, ebx
        jmp     rbx
