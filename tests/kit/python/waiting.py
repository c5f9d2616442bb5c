"""Waits for what must come, but not for ever."""

import time
from collections.abc import Callable

# Far beyond what a slow machine needs: reached only when something hangs.
PATIENCE_S = 30
PAUSE_S = 0.02


def wait_for(
    holds: Callable[[], bool], otherwise: str | Callable[[], str], patience_s: float = PATIENCE_S
) -> None:
    """Checks until the condition holds; in the end fails with @otherwise."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() >= deadline:
            raise AssertionError(otherwise() if callable(otherwise) else otherwise)
        time.sleep(PAUSE_S)
