# echo_warnings: the warnings that every target of this project is compiled with and must not cause.
add_library(echo_warnings INTERFACE)
target_compile_options(echo_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla)
if(ECHO_WERROR)
  target_compile_options(echo_warnings INTERFACE -Werror)
endif()
