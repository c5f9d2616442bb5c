"""What the samples come to: medians, ratios with their spread, and verdicts on targets."""

import dataclasses
import statistics
from dataclasses import dataclass, field

from servers import NODE, RAW
from workloads import FIGURES, SPREAD, Target, Workload

# The least share of its core that the limiting side uses.
BUSY = 0.85
# The client counts as the limit only if it used nearly all of its core, and clearly more of it than
# the server used of its own.
CLIENT_BUSY = 0.95
CLIENT_LEAD = 0.02


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def significant(value: float | None) -> str:
    """Three digits or more, without an exponent."""
    if value is None:
        return ""
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2)


@dataclass(frozen=True)
class Ratio:
    """The median, smallest and largest of the rounds' ratios.

    The true ratio may be less if the divisor is a lower bound, and more if the dividend is.
    """

    median: float
    least: float
    most: float
    may_be_less: bool = False
    may_be_more: bool = False

    def __str__(self) -> str:
        values = (self.median, self.least, self.most)
        return self.mark + "{} {}..{}".format(*map(significant, values))

    @property
    def mark(self) -> str:
        """The sign that says which bound it is, if it is one."""
        if self.may_be_less == self.may_be_more:
            return ""
        return "<=" if self.may_be_less else ">="


def ratio_of(these: list[float], those: list[float]) -> Ratio:
    """Compares round by round, so that a temporary slowdown of the machine cancels out."""
    ratios = [this / that for this, that in zip(these, those, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def has_own_cores(workload: Workload) -> bool:
    """Whether each side had a core of its own, so that its load means something."""
    return workload.variant != SPREAD


def median_of(samples: list[dict], *path: str) -> float | None:
    """The median of a figure of the load generator, None if it was not measured."""
    values = []
    for sample in samples:
        value = sample
        for key in path:
            value = value[key]
        if value is None:
            return None
        values.append(value)
    return statistics.median(values)


def rates_of(samples: list[dict]) -> list[float]:
    return [sample["per_second"] for sample in samples]


def busy_of(samples: list[dict]) -> tuple[float, float]:
    """The shares of their cores that client and server used."""
    client, server = (median_of(samples, f"{side}_busy") for side in ("client", "server"))
    return client or 0, server or 0


def are_lower_bounds(samples: list[dict]) -> bool:
    """Whether the load generator was the limit, so that the server can do more."""
    client, server = busy_of(samples)
    return client >= CLIENT_BUSY and client > server + CLIENT_LEAD


@dataclass
class Result:
    """What is known about a server under a workload. What was not measured is None."""

    samples: list[dict] = field(default_factory=list)
    base_samples: list[dict] = field(default_factory=list)
    own_cores: bool = True
    to_raw: Ratio | None = None
    to_node: Ratio | None = None
    to_base: Ratio | None = None
    calls: float | None = None
    instructions: float | None = None
    peak_kib: float | None = None

    @property
    def rates(self) -> list[float]:
        return rates_of(self.samples)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def is_lower_bound(self) -> bool:
        return self.own_cores and are_lower_bounds(self.samples)

    @property
    def is_disturbed(self) -> bool:
        """Whether neither side got much of its core, although there was always work."""
        return self.own_cores and max(busy_of(self.samples)) < BUSY


def compared(this: Result, that: Result) -> Ratio:
    """The ratio of a server's rates to another's, or to its own under another load."""
    return dataclasses.replace(
        ratio_of(this.rates, that.rates),
        may_be_less=that.is_lower_bound,
        may_be_more=this.is_lower_bound,
    )


def results_of(
    samples: dict[str, list[tuple[dict, dict | None]]], own_cores: bool = True
) -> dict[str, Result]:
    """Sorts the samples of a workload's servers and compares them."""
    results = {
        name: Result(
            [sample for sample, _ in rounds],
            [base for _, base in rounds if base is not None],
            own_cores,
        )
        for name, rounds in samples.items()
    }
    for name, result in results.items():
        for figure, other in (("to_raw", RAW), ("to_node", NODE)):
            if other in results and name != other:
                setattr(result, figure, compared(result, results[other]))
        if result.base_samples:
            base = Result(result.base_samples, own_cores=own_cores)
            result.to_base = compared(result, base)
    return results


def compare_servers(workload: Workload, results: dict[str, Result]) -> None:
    """Sets to_base for a workload whose base is another server under the same load."""
    base = results.get(workload.base_server)
    for name, result in results.items():
        if base and name != workload.base_server:
            result.to_base = compared(result, base)


@dataclass(frozen=True)
class Verdict:
    """A target and its outcome; met is None if nothing was measured or decided."""

    title: str
    target: Target
    found: float | Ratio | None

    @property
    def value(self) -> float | None:
        return self.found.median if isinstance(self.found, Ratio) else self.found

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        met = self.target.met(self.value)
        return None if self._is_in_doubt(met) else met

    @property
    def word(self) -> str:
        if self.value is None:
            return "not measured"
        return {True: "met", False: "MISSED", None: "not decided"}[self.met]

    def _is_in_doubt(self, met: bool) -> bool:
        """Whether the true ratio may be on the other side of the limit."""
        if not isinstance(self.found, Ratio):
            return False
        is_above = met == self.target.at_least
        return self.found.may_be_less if is_above else self.found.may_be_more

    @property
    def limit_text(self) -> str:
        sign = ">=" if self.target.at_least else "<="
        return f"{sign} {self.target.limit:g}"

    @property
    def value_text(self) -> str:
        if isinstance(self.found, Ratio):
            # One digit more than in the table, to show why a limit was just missed.
            values = (self.found.median, self.found.least, self.found.most)
            return self.found.mark + "{:.3f} {:.3f}..{:.3f}".format(*values)
        return number(self.found, FIGURES[self.target.figure].digits)


def title_of(workload: Workload, target: Target) -> str:
    """The name of a target, for the reader."""
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
