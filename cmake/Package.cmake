# The Debian package, made by cpack in a build directory configured with ECHO_PACKAGE for the prefix
# /usr. Besides what is always installed, it contains the service, the configuration, and the documents
# that Debian requires.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lws-echo)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The lws-echo authors <lws-echo@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WebSocket echo server on libwebsockets")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"It sends every WebSocket message back as it came, exactly and fast: an
endpoint to test client libraries, proxies, load balancers and browsers
against, with a page to try WebSockets by hand.
.
The protocol itself is a plugin that other programs with libwebsockets
can load, lwsws among them.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~)")
if(ECHO_LWS_PREFIX)
  # The package's own libwebsockets, which no other package may find.
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${LWS_LIBDIR})
  install(CODE "execute_process(COMMAND ${CMAKE_STRIP} --strip-unneeded
    \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${ECHO_LWS_FILE} COMMAND_ERROR_IS_FATAL ANY)")
else()
  # loaded by name, so no tool detects it
  string(PREPEND CPACK_DEBIAN_PACKAGE_DEPENDS "libwebsockets-evlib-uv, ")
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/conf/debian/conffiles
  ${PROJECT_SOURCE_DIR}/conf/debian/postinst
  ${PROJECT_SOURCE_DIR}/conf/debian/prerm
  ${PROJECT_SOURCE_DIR}/conf/debian/postrm)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_THREADS 0)

string(TIMESTAMP ECHO_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(papers ${PROJECT_BINARY_DIR}/package)
configure_file(conf/debian/changelog.in ${papers}/changelog @ONLY)
configure_file(conf/systemd/lws-echo.service.in ${papers}/lws-echo.service @ONLY)

# Debian wants these compressed, without timestamps.
function(compress from to)
  add_custom_command(OUTPUT ${papers}/${to}
    COMMAND gzip -9nc ${from} > ${papers}/${to}
    DEPENDS ${from} VERBATIM)
endfunction()
compress(${papers}/changelog changelog.gz)
compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md CHANGELOG.md.gz)
add_custom_target(papers ALL DEPENDS ${papers}/changelog.gz ${papers}/CHANGELOG.md.gz)

install(FILES ${papers}/changelog.gz ${papers}/CHANGELOG.md.gz conf/debian/copyright
  DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES conf/debian/lws-echo.json DESTINATION /etc/lws-echo)
install(FILES ${papers}/lws-echo.service conf/systemd/lws-echo.socket
  DESTINATION /lib/systemd/system)
include(CPack)
