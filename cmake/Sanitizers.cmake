# echo_sanitizers: the instrumentation that ECHO_SANITIZE and ECHO_COVERAGE ask for, if any.
add_library(echo_sanitizers INTERFACE)
if(ECHO_SANITIZE)
  target_compile_options(echo_sanitizers INTERFACE
    -fsanitize=${ECHO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(echo_sanitizers INTERFACE -fsanitize=${ECHO_SANITIZE})
endif()
if(ECHO_COVERAGE)
  target_compile_options(echo_sanitizers INTERFACE --coverage -O0)
  target_link_options(echo_sanitizers INTERFACE --coverage)
endif()
