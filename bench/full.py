"""The whole benchmark: rounds, then counts, then memory."""

import argparse
from collections.abc import Callable
from pathlib import Path

from build import say
from counting import Unavailable, count_calls, count_instructions
from failure import Dropouts
from figures import Result, Verdict, compare_servers, has_own_cores, judge, results_of
from machine import Cores, connections_possible, describe
from measure import run_rounds
from memory import hold_idle, peak_above_idle, steps_up_to
from report import Report
from servers import Kind, Server, running
from workloads import FIGURES, HELD_STEP, HOLDINGS, MEMORY, SPREAD, WORKLOADS, Workload

# For other servers, counts use this many times fewer messages, because some are slow.
PEER_SHARE = 4


class Bench:
    """A run of the benchmark."""

    def __init__(self, options: argparse.Namespace, cores: Cores, directory: Path) -> None:
        self.report = Report(describe(cores), options.rounds, options.seconds)
        self._options = options
        self._cores = cores
        self._directory = directory
        self._dropouts = Dropouts(self._note)

    @property
    def is_complete(self) -> bool:
        """Whether every server took part to the end."""
        return not self._dropouts

    def run(self, kinds: list[Kind]) -> None:
        for workload in WORKLOADS:
            if workload.name in self._options.only:
                self._run_workload(workload, kinds)
        if MEMORY in self._options.only:
            self._run_memory({kind.name: kind for kind in kinds})

    def _note(self, text: str) -> None:
        if text not in self.report.notes:
            self.report.notes.append(text)
            say(text)

    def _run_workload(self, workload: Workload, kinds: list[Kind]) -> None:
        able = [
            kind
            for kind in kinds
            if workload.variant in kind.variants
            and kind.name not in workload.leave_out
            and kind.name not in self._dropouts
        ]
        if not able:
            return
        say(f"{workload.title}: {', '.join(kind.name for kind in able)}")
        cores = self._cores.together() if workload.variant == SPREAD else self._cores
        directory = self._directory
        dropouts = self._dropouts
        with running(able, workload.variant, cores.for_server, directory, dropouts) as servers:
            samples = run_rounds(
                workload, servers, self._options.rounds, self._options.seconds, cores, dropouts
            )
            results = results_of(samples, has_own_cores(workload))
            if workload.calls:
                self._count_calls(workload, servers, results)
        for kind in able:
            if kind.name not in dropouts:
                with dropouts.guarding(kind.name):
                    self._count_alone(workload, kind, results[kind.name])
        compare_servers(workload, results)
        if results:
            self.report.workloads.append((workload, results))
        self.report.verdicts += judge(workload, results)

    def _count_calls(
        self, workload: Workload, servers: dict[str, Server], results: dict[str, Result]
    ) -> None:
        for name, result in results.items():
            server = servers[name]
            messages = workload.calls if server.kind.ours else workload.calls // PEER_SHARE
            with self._dropouts.guarding(name):
                result.calls = self._counted(
                    lambda: count_calls(server, workload, messages, self._cores, self._directory)
                )

    def _count_alone(self, workload: Workload, kind: Kind, result: Result) -> None:
        """What needs a fresh server."""
        if workload.instructions and kind.ours:
            messages = workload.instructions
            result.instructions = self._counted(
                lambda: count_instructions(
                    kind, workload, messages, self._cores, self._directory
                )
            )
        if workload.peak:
            result.peak_kib = peak_above_idle(kind, workload, self._cores, self._directory)

    def _counted(self, count: Callable[[], float]) -> float | None:
        try:
            return count()
        except Unavailable as reason:
            self._note(f"not counted: {reason}")
            return None

    def _run_memory(self, kinds: dict[str, Kind]) -> None:
        for holding in HOLDINGS:
            if holding.server not in kinds or holding.server in self._dropouts:
                continue
            most = min(holding.most, connections_possible())
            if most < holding.most:
                self._note(
                    f"up to {most:,} idle connections in place of {holding.most:,},"
                    " because of the limit of open files"
                )
            say(f"idle connections: {holding.title}")
            steps = steps_up_to(most, HELD_STEP)
            kind = kinds[holding.server]
            held = None
            with self._dropouts.guarding(kind.name):
                held = hold_idle(kind, holding.variant, steps, self._cores, self._directory)
                self.report.holdings.append((holding, held))
            self.report.verdicts += [
                Verdict(
                    f"{holding.title}: {FIGURES[target.figure].title}",
                    target,
                    getattr(held, target.figure) if held else None,
                )
                for target in holding.targets
            ]
