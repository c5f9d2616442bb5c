#pragma once

#include <CUnit/CUnit.h>

/*
 * What every test program shares. A test is a function named as the behaviour it checks; tables
 * of cases name their row when it fails.
 */

/* A test in a CU_TestInfo array, named as its function. */
#define TEST(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }

/* Fails the running test unless @condition holds; says which row of a table it was. */
#define CHECK_ROW(condition, row)                                                                  \
    runner_check_row((condition) ? 1 : 0, __LINE__, #condition, __FILE__, (row))

void runner_check_row(int holds, unsigned line, const char *condition, const char *file,
                      const char *row);

/**
 * Runs the suites (ended by CU_SUITE_INFO_NULL), or only tests whose name contains argv[1].
 *
 * Returns the exit status: 0 when all passed.
 */
int runner_main(int argc, char **argv, CU_SuiteInfo *suites);
