# echo_add_test(NAME SOURCES... [LIBRARIES ...] [TIMEOUT seconds]): a CUnit program that ctest runs.
function(echo_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    test_runner ${arg_LIBRARIES} echo_warnings echo_sanitizers)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
