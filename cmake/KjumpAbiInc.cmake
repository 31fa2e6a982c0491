# SPDX-License-Identifier: MIT
# cmake -DASSEMBLY=abi_inc.s -DOUTPUT=abi.inc -P KjumpAbiInc.cmake
# Turns the marked strings of a compiled abi_inc.cpp into NASM definitions. The file is rewritten only
# when it changed, so that a touched header does not rebuild what does not depend on its values.
file(STRINGS ${ASSEMBLY} lines REGEX "->%define")
set(text "; generated from runtime/include/kjump/abi/*.hpp, do not edit\n")
foreach(line ${lines})
  string(REGEX MATCH "->(%define [A-Z0-9_]+) ([-0-9]+)" found "${line}")
  set(definition "${CMAKE_MATCH_1}")
  # The compiler prints what does not fit an int as a negative number.
  math(EXPR value "${CMAKE_MATCH_2} & 0xFFFFFFFF" OUTPUT_FORMAT HEXADECIMAL)
  string(APPEND text "${definition} ${value}\n")
endforeach()
list(LENGTH lines count)
if(count LESS 50)
  message(FATAL_ERROR "only ${count} constants found in ${ASSEMBLY}: the compiler's output is not understood")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)
