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
