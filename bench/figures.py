"""What is made of the samples: medians, ratios with their spread, and verdicts on targets."""

import statistics
from dataclasses import dataclass, field

from servers import NODE, RAW
from workloads import FIGURES, Target, Workload

# What a side that is the limit takes of its core, at least.
BUSY = 0.85


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def significant(value: float | None) -> str:
    """Three digits or more, without an exponent."""
    if value is None:
        return ""
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2)


@dataclass(frozen=True)
class Ratio:
    """A ratio of each round: its median, smallest and largest."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{significant(self.median)} {significant(self.least)}..{significant(self.most)}"


def ratio_of(these: list[float], those: list[float]) -> Ratio:
    """Compares round by round, so that what slows down the machine for a while cancels out."""
    ratios = [this / that for this, that in zip(these, those, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def median_of(samples: list[dict], *path: str) -> float | None:
    """The median of a figure of the load generator, None where it has not measured it."""
    values = []
    for sample in samples:
        value = sample
        for key in path:
            value = value[key]
        if value is None:
            return None
        values.append(value)
    return statistics.median(values)


@dataclass
class Result:
    """What is known of a server under a workload. What was not measured is None."""

    samples: list[dict] = field(default_factory=list)
    base_samples: list[dict] = field(default_factory=list)
    to_raw: Ratio | None = None
    to_node: Ratio | None = None
    to_base: Ratio | None = None
    calls: float | None = None
    instructions: float | None = None
    peak_kib: float | None = None

    @property
    def rates(self) -> list[float]:
        return [sample["per_second"] for sample in self.samples]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def is_lower_bound(self) -> bool:
        """Whether the load generator had more to do than the server."""
        client, server = self._busy
        return client > server

    @property
    def is_disturbed(self) -> bool:
        """Whether neither side got much of its core, although there was always something to do."""
        return max(self._busy) < BUSY

    @property
    def _busy(self) -> tuple[float, float]:
        client, server = (median_of(self.samples, f"{side}_busy") for side in ("client", "server"))
        return client or 0, server or 0


def results_of(samples: dict[str, list[tuple[dict, dict | None]]]) -> dict[str, Result]:
    """Sorts the samples of a workload's servers and compares them."""
    results = {
        name: Result(
            [sample for sample, _ in rounds], [base for _, base in rounds if base is not None]
        )
        for name, rounds in samples.items()
    }
    for name, result in results.items():
        for figure, other in (("to_raw", RAW), ("to_node", NODE)):
            if other in results and name != other:
                setattr(result, figure, ratio_of(result.rates, results[other].rates))
        if result.base_samples:
            base_rates = [sample["per_second"] for sample in result.base_samples]
            result.to_base = ratio_of(result.rates, base_rates)
    return results


def compare_servers(workload: Workload, results: dict[str, Result]) -> None:
    """Sets to_base where that is another server under the same load."""
    base = results.get(workload.base_server)
    for name, result in results.items():
        if base and name != workload.base_server:
            result.to_base = ratio_of(result.rates, base.rates)


@dataclass(frozen=True)
class Verdict:
    """A target and what came of it; met is None where nothing was measured."""

    title: str
    target: Target
    found: float | Ratio | None

    @property
    def value(self) -> float | None:
        return self.found.median if isinstance(self.found, Ratio) else self.found

    @property
    def met(self) -> bool | None:
        return None if self.value is None else self.target.met(self.value)

    @property
    def word(self) -> str:
        return {True: "met", False: "MISSED", None: "not measured"}[self.met]

    @property
    def limit_text(self) -> str:
        sign = ">=" if self.target.at_least else "<="
        return f"{sign} {self.target.limit:g}"

    @property
    def value_text(self) -> str:
        if isinstance(self.found, Ratio):
            # With a digit more than in the table, so that it is plain why a limit was just missed.
            return f"{self.found.median:.3f} {self.found.least:.3f}..{self.found.most:.3f}"
        return number(self.found, FIGURES[self.target.figure].digits)


def title_of(workload: Workload, target: Target) -> str:
    """The name of a target, for people."""
    title = f"{workload.title}: {target.server}, {FIGURES[target.figure].title}"
    return f"{title} {workload.base_title}" if target.figure == "to_base" else title


def judge(workload: Workload, results: dict[str, Result]) -> list[Verdict]:
    """The verdicts on a workload's targets."""
    return [
        Verdict(
            title_of(workload, target),
            target,
            getattr(results[target.server], target.figure) if target.server in results else None,
        )
        for target in workload.targets
    ]
