"""The short form, a test: our server's counts against the limits of the targets."""

from pathlib import Path

from counting import Unavailable, count_calls, count_instructions
from failure import Failure
from figures import Verdict, title_of
from machine import Cores, connections_possible
from measure import run_load
from memory import hold_idle, peak_above_idle
from servers import DISTRO, KINDS, OURS, Kind, Server
from workloads import FIGURES, HELD_QUICK, HOLDINGS, WORKLOADS, Target, Workload

# The one-off cost of the first connections is not part of the cost of each.
HELD_BEFORE = 100
SAMPLE_SECONDS = "0.3"
# On a busy machine a server wakes for fewer messages at a time, which adds a few system calls and
# never removes any. So the best of a few counts is the most accurate.
ATTEMPTS = 3


CHECKED = (OURS, DISTRO)


def kind_named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def is_checked(target: Target) -> bool:
    return target.server in CHECKED and FIGURES[target.figure].counted


class Quick:
    """A run of the checks, which prints a line for each."""

    def __init__(self, cores: Cores, directory: Path) -> None:
        self.passed = 0
        self.failed = 0
        self._cores = cores
        self._directory = directory

    def run(self) -> None:
        for workload in WORKLOADS:
            for target in filter(is_checked, workload.targets):
                self._check(title_of(workload, target), target, workload)
        for holding in HOLDINGS:
            for target in filter(is_checked, holding.targets):
                self._check(f"{target.server}: {FIGURES[target.figure].title}", target, None)

    def _check(self, title: str, target: Target, workload: Workload | None) -> None:
        try:
            for _ in range(ATTEMPTS):
                verdict = Verdict(title, target, self._measure(target, workload))
                if verdict.met:
                    break
        except (Failure, Unavailable) as reason:
            self.failed += 1
            print(f"not ok {title}: {reason}", flush=True)
            return
        self.passed += verdict.met
        self.failed += not verdict.met
        word = "ok" if verdict.met else "not ok"
        print(f"{word} {title}: {verdict.value_text} ({verdict.limit_text})", flush=True)

    def _measure(self, target: Target, workload: Workload | None) -> float:
        cores, directory, kind = self._cores, self._directory, kind_named(target.server)
        if workload is None:
            return self._idle_kib(kind)
        if target.figure == "instructions":
            return count_instructions(kind, workload, workload.instructions, cores, directory)
        if target.figure == "peak_kib":
            return peak_above_idle(kind, workload, cores, directory)
        server = Server(kind, workload.variant, cores.for_server, directory)
        try:
            self._show_sample(server, workload)
            return count_calls(server, workload, workload.calls, cores, directory)
        finally:
            server.stop()

    def _idle_kib(self, kind: Kind) -> float:
        variant = HOLDINGS[0].variant
        most = min(HELD_QUICK, connections_possible())
        held = hold_idle(kind, variant, [HELD_BEFORE, most], self._cores, self._directory)
        first, last = held.steps
        return (last.rss_kib - first.rss_kib) / (last.open - first.open)

    def _show_sample(self, server: Server, workload: Workload) -> None:
        """For information only: it varies with the machine's load, so it is not checked."""
        options = [
            *workload.load.options(workload.variant),
            *("--warmup", "0.1", "--seconds", SAMPLE_SECONDS),
        ]
        sample = run_load(server, options, self._cores, workload.title)
        print(f"# {workload.title}: {sample['per_second']:,.0f} messages a second", flush=True)
