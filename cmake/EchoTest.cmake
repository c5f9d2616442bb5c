# echo_add_test(NAME SOURCES... [LIBRARIES ...] [TIMEOUT seconds] [SLOW]): a CUnit program that ctest
# runs. Its labels are the first word of its name and, if "script/test --quick" leaves it out, "slow".
function(echo_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SLOW" "TIMEOUT" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    test_runner ${arg_LIBRARIES} echo_warnings echo_sanitizers)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
  echo_label_test(${name} ${arg_SLOW})
endfunction()

# Labels a test. Slow ones start first, so that none of them runs alone at the end.
function(echo_label_test name is_slow)
  string(REGEX MATCH "^[a-z]+" group ${name})
  set_property(TEST ${name} PROPERTY LABELS ${group})
  if(is_slow)
    set_property(TEST ${name} APPEND PROPERTY LABELS slow)
    set_property(TEST ${name} PROPERTY COST 100)
  endif()
endfunction()
