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

include(${PROJECT_SOURCE_DIR}/sdk/cmake/KjumpFlags.cmake)
list(APPEND KJUMP_REAL_FLAGS -Wconversion -Werror)
list(APPEND KJUMP_PHYSICAL_FLAGS -Wconversion -Werror)
list(APPEND KJUMP_LONG_FLAGS -Wconversion -Werror)

# After KJUMP_PHYSICAL_FLAGS: the assembler is told to write ELF64, and by the included file that the code is 32-bit.
# Without debug information, whose unwind directives it refuses for registers of four bytes.
set(KJUMP_CODE32_IN_ELF64_FLAGS -g0 -Wa,--64 "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/code32.hpp")
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND KJUMP_CODE32_IN_ELF64_FLAGS -fno-integrated-as -fno-addrsig)
endif()
