#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>

void runner_check_row(int holds, unsigned line, const char *condition, const char *file,
                      const char *row)
{
    char message[512];

    snprintf(message, sizeof(message), "%s [row: %s]", condition, row);
    CU_assertImplementation(holds ? CU_TRUE : CU_FALSE, line, message, file, "", CU_FALSE);
}

static void keep_matching(const char *part)
{
    CU_pTestRegistry registry = CU_get_registry();

    for (CU_pSuite suite = registry->pSuite; suite; suite = suite->pNext)
        for (CU_pTest test = suite->pTest; test; test = test->pNext)
            if (!strstr(test->pName, part))
                CU_set_test_active(test, CU_FALSE);
}

int runner_main(int argc, char **argv, CU_SuiteInfo *suites)
{
    unsigned failures;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        return EXIT_FAILURE;
    }
    CU_set_fail_on_inactive(CU_FALSE);
    if (argc > 1)
        keep_matching(argv[1]);

    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failures = CU_get_number_of_failure_records() + (CU_get_number_of_tests_run() ? 0 : 1);
    CU_cleanup_registry();

    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
