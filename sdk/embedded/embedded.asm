; SPDX-License-Identifier: MIT
; Images that travel inside the library, so that one statically linked program is all that a machine needs.
        global kjump_batch_image, kjump_batch_image_end, kjump_save_image, kjump_save_image_end
        global kjump_restore_image, kjump_restore_image_end, kjump_vm_carrier, kjump_vm_carrier_end
        global kjump_crossing_image, kjump_crossing_image_end
        global kjump_boot_sector, kjump_boot_sector_end, kjump_boot_block, kjump_boot_block_end
        global kjump_multiboot, kjump_multiboot_end

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
kjump_crossing_image:
        incbin  CROSSING_IMAGE
kjump_crossing_image_end:
        align   16
kjump_vm_carrier:
        incbin  VM_CARRIER
kjump_vm_carrier_end:
        align   16
kjump_boot_sector:
        incbin  BOOT_SECTOR
kjump_boot_sector_end:
        align   16
kjump_boot_block:
        incbin  BOOT_BLOCK
kjump_boot_block_end:
        align   16
kjump_multiboot:
        incbin  MULTIBOOT
kjump_multiboot_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
