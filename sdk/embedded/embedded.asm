; SPDX-License-Identifier: MIT
; Images that travel inside the library, so that one statically linked program is all that a machine needs.
        global kjump_batch_image, kjump_batch_image_end, kjump_save_image, kjump_save_image_end
        global kjump_restore_image, kjump_restore_image_end, kjump_vm_carrier, kjump_vm_carrier_end

        section .rodata align=16
kjump_batch_image:
        incbin  BATCH_IMAGE
kjump_batch_image_end:
        align   16
kjump_save_image:
        incbin  SAVE_IMAGE
kjump_save_image_end:
        align   16
kjump_restore_image:
        incbin  RESTORE_IMAGE
kjump_restore_image_end:
        align   16
kjump_vm_carrier:
        incbin  VM_CARRIER
kjump_vm_carrier_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
