; SPDX-License-Identifier: MIT
; What all entries share: the supervisor's frame, the loader's parameters, the record of the entry state.
%include "sections.inc"

        global kjump_run_supervisor, kjump_supervisor_fault, kjump_supervisor_esp
        global kjump_parameters, kjump_entry_state, kjump_tsc_entry
        extern kjump_supervise, kjump_report_fault

flat_text
bits 32

; kjump_run_supervisor - run the payload and report; comes back whatever exception hits on the way.
; mode: 32-bit, paging off, flat segments, IF=0 -> the same     call: near, on the supervisor's stack
; in: kjump_entry_state, kjump_tsc_entry   out: -   clobbers: every general register   fails: cannot
kjump_run_supervisor:
        mov     [kjump_supervisor_esp], esp
        call    kjump_supervise
        ret

; kjump_supervisor_fault - an exception outside the payload: report it, go home.
; mode: 32-bit, paging off, ESP = kjump_supervisor_esp   in: kjump_fault   out: as kjump_run_supervisor
kjump_supervisor_fault:
        call    kjump_report_fault
        ret

flat_data
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
