; SPDX-License-Identifier: MIT
; The smallest 64-bit payload in assembly: prints, copies the request to the reply, returns its length.
bits 64
%include "kjump/payload.inc"

%define BUFFER_BYTES    16

kmain
        kcall   kjump_print, text
        kcall   kjump_read_request, buffer, BUFFER_BYTES, 0
        mov     [bytes], eax
        kcall   kjump_write_reply, buffer, [bytes]
        kreturn [bytes]

        section .rodata
text:   db      "hello from assembly", 10, 0

        section .bss
buffer: resb    BUFFER_BYTES
bytes:  resq    1
