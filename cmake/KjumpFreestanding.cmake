# SPDX-License-Identifier: MIT
# Building code that runs without Linux. Include this in a directory of freestanding sources: it
# throws away the host's compiler flags there, since e.g. --coverage cannot be cancelled by a negative
# flag (models_and_style.md section 7).

set(CMAKE_CXX_FLAGS "")
foreach(config DEBUG RELEASE RELWITHDEBINFO MINSIZEREL)
  set(CMAKE_CXX_FLAGS_${config} "")
endforeach()
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

# NASM: CMake fixes the object format for the whole project; take it out of the rule so that each
# target names its own (-f elf32 in an x86_64 build).
set(CMAKE_ASM_NASM_COMPILE_OBJECT
    "<CMAKE_ASM_NASM_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> <SOURCE>")
set(CMAKE_ASM_NASM_FLAGS "")
foreach(config DEBUG RELEASE RELWITHDEBINFO MINSIZEREL)
  set(CMAKE_ASM_NASM_FLAGS_${config} "")
endforeach()

set(KJUMP_FREESTANDING_FLAGS
    -std=c++20 -Os -g -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-pic -fno-pie
    -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -fno-builtin
    -ffunction-sections -fdata-sections -mno-sse -mno-mmx -mno-80387 -march=i686 -mregparm=0
    -Wall -Wextra -Wshadow -Wconversion -Werror)
# GCC places code compiled with -m16 under .code16gcc: 32-bit operands and addresses in 16-bit segments.
set(KJUMP_REAL_FLAGS ${KJUMP_FREESTANDING_FLAGS} -m16 -DKJUMP_MODE_REAL=1)
set(KJUMP_PHYSICAL_FLAGS ${KJUMP_FREESTANDING_FLAGS} -m32 -DKJUMP_MODE_PHYSICAL=1)
