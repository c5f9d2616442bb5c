# PkgConfig::LWS: the distribution's libwebsockets, or the one that ECHO_LWS asks for.
set(ECHO_LWS "" CACHE STRING
  "libwebsockets: empty for the distribution's, \"tuned\" or \"trixie\" for those of script/lws, or a prefix")

set(ECHO_LWS_PREFIX ${ECHO_LWS})
set(ECHO_LWS_SCRIPT ${PROJECT_SOURCE_DIR}/script/lws)
if(ECHO_LWS STREQUAL "trixie")
  list(APPEND ECHO_LWS_SCRIPT --trixie)
endif()
if(ECHO_LWS STREQUAL "tuned" OR ECHO_LWS STREQUAL "trixie")
  execute_process(COMMAND ${ECHO_LWS_SCRIPT}
    OUTPUT_VARIABLE ECHO_LWS_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE ECHO_LWS_FAILED)
  if(ECHO_LWS_FAILED)
    message(FATAL_ERROR "script/lws has not built libwebsockets; its output is above")
  endif()
endif()

if(ECHO_LWS_PREFIX)
  list(PREPEND CMAKE_PREFIX_PATH ${ECHO_LWS_PREFIX})
  # Installed programs find it in the same place.
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
endif()

# Otherwise an earlier result, perhaps from elsewhere, would stay cached.
unset(LWS_FOUND CACHE)
unset(pkgcfg_lib_LWS_websockets CACHE)
pkg_check_modules(LWS REQUIRED IMPORTED_TARGET libwebsockets>=4.1)

if(ECHO_LWS_PREFIX)
  file(REAL_PATH "${ECHO_LWS_PREFIX}" prefix)
  file(REAL_PATH "${LWS_LIBDIR}" libdir)
  cmake_path(IS_PREFIX prefix "${libdir}" found)
  if(NOT found)
    message(FATAL_ERROR "ECHO_LWS: there is no libwebsockets in ${ECHO_LWS_PREFIX}")
  endif()
endif()
