# echo_hardening: makes memory errors harder to exploit. Position-independent code and hidden symbols
# are set for all targets.
include(CheckCCompilerFlag)

add_library(echo_hardening INTERFACE)
target_compile_options(echo_hardening INTERFACE -fstack-protector-strong)
target_link_options(echo_hardening INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)

check_c_compiler_flag(-fstack-clash-protection ECHO_HAS_STACK_CLASH_PROTECTION)
if(ECHO_HAS_STACK_CLASH_PROTECTION)
  target_compile_options(echo_hardening INTERFACE -fstack-clash-protection)
endif()
check_c_compiler_flag(-fcf-protection ECHO_HAS_CF_PROTECTION)
if(ECHO_HAS_CF_PROTECTION)
  target_compile_options(echo_hardening INTERFACE -fcf-protection)
endif()

# Level 3 sees more sizes, from gcc 12 or clang 9 with glibc 2.33 on; elsewhere it acts as 2. It needs
# optimisation; a sanitizer checks the same better.
if(NOT ECHO_SANITIZE)
  target_compile_options(echo_hardening INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=3>)
endif()
