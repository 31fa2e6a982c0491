; SPDX-License-Identifier: MIT
; The callee of the empty round trip.
        global  bench_empty_callee
        section .kjump.real.text progbits alloc exec nowrite align=16
bits 16
bench_empty_callee:
        retf
