# SPDX-License-Identifier: MIT
# find_package(kjump) gives kjump_add_payload() and, where libexpected-dev is installed, the library kjump::sdk.
get_filename_component(_kjump_prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set(KJUMP_LINK_COMMAND ${_kjump_prefix}/bin/kjump link)
set(KJUMP_LINK_DEPENDS ${_kjump_prefix}/bin/kjump)
set(KJUMP_PAYLOAD_INCLUDES ${_kjump_prefix}/include ${_kjump_prefix}/include/kjump)
set(KJUMP_PAYLOAD_DEPENDS ${_kjump_prefix}/include/kjump/abi.inc)
include(${CMAKE_CURRENT_LIST_DIR}/KjumpPayload.cmake)

include(CMakeFindDependencyMacro)
find_package(tl-expected QUIET)
if(tl-expected_FOUND)
  include(${CMAKE_CURRENT_LIST_DIR}/kjumpTargets.cmake)
endif()
