# PkgConfig::LWS: the distribution's libwebsockets, or the one that ECHO_LWS asks for.
set(ECHO_LWS "" CACHE STRING
  "libwebsockets: empty for the distribution's, one of those of script/lws (mended, sanitized, trixie, mended-trixie), or a prefix")

set(ECHO_LWS_mended ${PROJECT_SOURCE_DIR}/script/lws)
set(ECHO_LWS_sanitized ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} ${ECHO_LWS_mended} --sanitize)
set(ECHO_LWS_trixie ${ECHO_LWS_mended} --trixie --pristine)
set(ECHO_LWS_mended-trixie ${ECHO_LWS_mended} --trixie)

set(ECHO_LWS_PREFIX ${ECHO_LWS})
if(NOT ECHO_LWS STREQUAL "" AND DEFINED ECHO_LWS_${ECHO_LWS})
  execute_process(COMMAND ${ECHO_LWS_${ECHO_LWS}}
    OUTPUT_VARIABLE ECHO_LWS_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE ECHO_LWS_FAILED)
  if(ECHO_LWS_FAILED)
    message(FATAL_ERROR "script/lws has not built libwebsockets; its output is above. "
      "-DECHO_LWS= takes the distribution's.")
  endif()
endif()

if(ECHO_LWS_PREFIX)
  list(PREPEND CMAKE_PREFIX_PATH ${ECHO_LWS_PREFIX})
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

  # An installation has a copy that is this program's alone.
  set(ECHO_LWS_DIR ${CMAKE_INSTALL_LIBDIR}/lws-echo/libwebsockets)
  file(REAL_PATH "${LWS_LIBDIR}/libwebsockets.so" file)
  install(FILES ${file} DESTINATION ${ECHO_LWS_DIR})
  cmake_path(GET file FILENAME ECHO_LWS_FILE)
  set(ECHO_LWS_FILE ${ECHO_LWS_DIR}/${ECHO_LWS_FILE})
  file(RELATIVE_PATH dir /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${ECHO_LWS_DIR})
  set(CMAKE_INSTALL_RPATH "$ORIGIN/${dir}")
endif()
