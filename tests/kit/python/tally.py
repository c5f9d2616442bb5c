"""Runs tests, and counts them in the last line: "N passed, M failed"."""

import unittest
from collections.abc import Callable, Iterable


class Skipped(Exception):
    """A test cannot run on this machine."""


def run_functions(tests: Iterable[tuple[str, Callable[[], object]]]) -> int:
    """Runs named functions, prints the result of each, and returns the exit status."""
    passed = 0
    failed = 0
    for name, test in tests:
        try:
            test()
            passed += 1
            print(f"ok {name}", flush=True)
        except Skipped as why:
            print(f"skipped {name}: {why}", flush=True)
        except AssertionError as problem:
            failed += 1
            print(f"not ok {name}: {problem}", flush=True)
        except Exception as problem:  # whatever it is, the others still run
            failed += 1
            print(f"not ok {name}: {problem!r}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def run_unittest() -> int:
    """Runs the tests of the main module, and returns the exit status."""
    result = unittest.main(exit=False).result
    failures = result.failures + result.errors
    # A test counts as one failure however many of its subtests fail; a failed server is not a test.
    failed = {getattr(test, "test_case", test) for test, _ in failures}
    failed_tests = sum(isinstance(test, unittest.TestCase) for test in failed)
    print(f"{result.testsRun - failed_tests} passed, {len(failed)} failed", flush=True)
    return 0 if result.wasSuccessful() else 1
