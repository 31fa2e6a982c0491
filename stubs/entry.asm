; SPDX-License-Identifier: MIT
; What all entries share: the supervisor's frame, the loader's parameters, the record of the entry state.
%include "sections.inc"

; The 8042 (IBM PC AT technical reference): command FEh pulses output bit 0, which is wired to the reset line.
%define KEYBOARD_COMMAND        0x64
%define KEYBOARD_PULSE_RESET    0xFE

        global kjump_run_supervisor, kjump_supervisor_fault, kjump_supervisor_esp
        global kjump_parameters, kjump_entry_state, kjump_tsc_entry, kjump_way_back, kjump_became
        global kjump_no_way_back
        extern kjump_supervise, kjump_report_fault

flat_text
bits 32

; kjump_run_supervisor - run the payload, report, and leave through the way back, whatever exception hits on the way.
; mode: 32-bit, paging off, flat segments, IF=0 -> the same     call: jump, on the supervisor's stack
; in: eax = way back, kjump_entry_state, kjump_tsc_entry   out: -   clobbers: every general register   fails: cannot
;
; A way back begins in physical mode and needs nothing but kjump_entry_state, kjump_parameters and the caller's memory:
; a payload that has put another machine's into their place returns to that one (machine_state.hpp).
kjump_run_supervisor:
        mov     [kjump_way_back], eax
        mov     [kjump_supervisor_esp], esp
        call    kjump_supervise
        jmp     [kjump_way_back]

; kjump_supervisor_fault - an exception outside the payload: report it, go home.
; mode: 32-bit, paging off, ESP = kjump_supervisor_esp   in: kjump_fault   out: as kjump_run_supervisor
kjump_supervisor_fault:
        call    kjump_report_fault
        jmp     [kjump_way_back]

; kjump_no_way_back - where a payload leads that has overwritten the machine it came from, until it becomes another one.
; mode: 32-bit, paging off, IF=0   call: jump   out: never: the keyboard controller pulses the reset line, or a triple fault does
kjump_no_way_back:
        mov     al, KEYBOARD_PULSE_RESET
        out     KEYBOARD_COMMAND, al
        mov     ecx, 100_000_000                        ; it may take a while, or not be there
.wait:
        pause
        loop    .wait
        lidt    [kjump_no_table]
        int3

flat_data
kjump_no_table: dw      0                               ; an IDT without gates
                dd      0
        align   8
kjump_parameters:
        dd      PARAMETERS_MAGIC, PARAMETER_HAS_EXCHANGE
        times PARAMETERS_OWN_BYTES - ($ - kjump_parameters) db 0
        dw      PARAMETERS_BYTES
        times PARAMETERS_BYTES - ($ - kjump_parameters) db 0

flat_bss
        alignb  8
kjump_entry_state:      resb ENTRY_STATE_BYTES
kjump_tsc_entry:        resq 1
kjump_supervisor_esp:   resd 1
kjump_way_back:         resd 1
kjump_became:           resb 1                          ; 1: the payload has put another machine's state into place
