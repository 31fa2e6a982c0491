# SPDX-License-Identifier: MIT
# Compiler flags of code that runs without Linux: kjump's own runtime and every payload.
set(KJUMP_FREESTANDING_FLAGS
    -std=c++20 -Os -g -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-pic -fno-pie
    -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -fno-builtin
    -ffunction-sections -fdata-sections -fomit-frame-pointer -Wall -Wextra -Wshadow)
# 64-bit code has SSE. An interrupt would overwrite a red zone.
set(KJUMP_LONG_FLAGS ${KJUMP_FREESTANDING_FLAGS} -m64 -mno-red-zone -DKJUMP_MODE_LONG=1)
list(APPEND KJUMP_FREESTANDING_FLAGS -march=i686 -mno-sse -mno-mmx -mno-80387)
# Without SSE nothing needs a stack aligned to 16 bytes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND KJUMP_FREESTANDING_FLAGS -mpreferred-stack-boundary=2)
else()
  list(APPEND KJUMP_FREESTANDING_FLAGS -mstack-alignment=4)
endif()
# -m16 is 32-bit code under 16-bit segments: operand and address size prefixes, 32-bit near calls.
set(KJUMP_REAL_FLAGS ${KJUMP_FREESTANDING_FLAGS} -m16 -DKJUMP_MODE_REAL=1)
set(KJUMP_PHYSICAL_FLAGS ${KJUMP_FREESTANDING_FLAGS} -m32 -DKJUMP_MODE_PHYSICAL=1)
