# SPDX-License-Identifier: MIT
# kjump_add_payload(NAME MODE real|physical|long SOURCES file...
#                   [OUTPUT_NAME name] [VERSION v] [DESCRIPTION text] [DEADLINE seconds]
#                   [INCLUDE_DIRECTORIES dir...] [LIBRARIES archive...] [COMPILE_OPTIONS option...] [STANDALONE] [NO_BIOS])
#
# Target NAME makes <current binary dir>/NAME.kjump (also in target property KJUMP_IMAGE) and NAME.map.
# Sources are C++ (.cpp) and NASM (.asm). They are compiled by commands of their own, so that no flag of the
# surrounding project (sanitizers, coverage, hardening) gets into code that runs without Linux.

include(${CMAKE_CURRENT_LIST_DIR}/KjumpFlags.cmake)

function(_kjump_compile source object mode include_flags options)
  get_filename_component(extension ${source} LAST_EXT)
  get_filename_component(directory ${object} DIRECTORY)
  if(extension STREQUAL ".asm")
    find_program(KJUMP_NASM nasm REQUIRED)
    set(format elf32)
    if(mode STREQUAL "long")
      set(format elf64)
    endif()
    # Two runs: the dependency file that -MD writes lacks included files (NASM 2.16.01), that of -M does not.
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
      COMMAND ${KJUMP_NASM} -f ${format} -g -F dwarf -Werror ${include_flags} -M -MF ${object}.d -MT ${object} ${source}
      COMMAND ${KJUMP_NASM} -f ${format} -g -F dwarf -Werror ${include_flags} -o ${object} ${source}
      DEPENDS ${source} ${KJUMP_PAYLOAD_DEPENDS} DEPFILE ${object}.d
      COMMENT "NASM ${source}" VERBATIM)
  else()
    string(TOUPPER ${mode} mode_upper)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
      COMMAND ${CMAKE_CXX_COMPILER} ${KJUMP_${mode_upper}_FLAGS} ${options} ${include_flags}
              -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
      DEPENDS ${source} ${KJUMP_PAYLOAD_DEPENDS} DEPFILE ${object}.d
      COMMENT "C++ (${mode} mode) ${source}" VERBATIM)
  endif()
endfunction()

function(kjump_add_payload name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "STANDALONE;NO_BIOS"
                        "MODE;OUTPUT_NAME;VERSION;DESCRIPTION;DEADLINE" "SOURCES;INCLUDE_DIRECTORIES;LIBRARIES;COMPILE_OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES OR NOT arg_MODE MATCHES "^(real|physical|long)$")
    message(FATAL_ERROR "kjump_add_payload(NAME MODE real|physical|long SOURCES file...): wrong arguments "
                        "for ${name} ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(include_flags "")
  foreach(directory ${KJUMP_PAYLOAD_INCLUDES} ${arg_INCLUDE_DIRECTORIES})
    list(APPEND include_flags -I${directory}/)
  endforeach()

  set(objects "")
  foreach(source ${arg_SOURCES})
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(stem ${source} NAME)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${stem}.o)
    _kjump_compile(${path} ${object} ${arg_MODE} "${include_flags}" "${arg_COMPILE_OPTIONS}")
    list(APPEND objects ${object})
  endforeach()

  set(link_options --mode ${arg_MODE})
  foreach(pair "OUTPUT_NAME;--name" "VERSION;--version-string" "DESCRIPTION;--description" "DEADLINE;--deadline")
    list(GET pair 0 argument)
    list(GET pair 1 option)
    if(arg_${argument})
      list(APPEND link_options ${option} ${arg_${argument}})
    endif()
  endforeach()
  if(arg_STANDALONE)
    list(APPEND link_options --standalone)
  endif()
  if(arg_NO_BIOS)
    list(APPEND link_options --no-bios)
  endif()

  set(image ${CMAKE_CURRENT_BINARY_DIR}/${name}.kjump)
  add_custom_command(OUTPUT ${image}
    COMMAND ${KJUMP_LINK_COMMAND} -o ${image} --map ${CMAKE_CURRENT_BINARY_DIR}/${name}.map
            ${link_options} ${objects} ${arg_LIBRARIES}
    DEPENDS ${objects} ${KJUMP_LINK_DEPENDS}
    COMMENT "jump image ${name}.kjump" VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${image})
  set_target_properties(${name} PROPERTIES KJUMP_IMAGE ${image})
endfunction()
