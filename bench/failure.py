"""What went wrong: what ends the benchmark, and which servers it continues without."""

import contextlib
from collections.abc import Callable, Iterator


class Failure(Exception):
    """A server, a tool or the load generator did not do what it should.

    It ends the benchmark with one line on standard error.
    """


class ServerFailure(Failure):
    """A server did not start, ended, or did not do what it should. The others can continue."""


class Dropouts:
    """The servers that have failed and are left out."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._names: set[str] = set()
        self._tell = tell

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __bool__(self) -> bool:
        return bool(self._names)

    @contextlib.contextmanager
    def guarding(self, name: str) -> Iterator[None]:
        """Runs its body; if that server fails, leaves it out and continues."""
        try:
            yield
        except ServerFailure as failure:
            self._names.add(name)
            self._tell(f"{name} failed and is left out from then on: {failure}")
