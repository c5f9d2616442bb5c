"""The table: Markdown that can be read in a terminal, and JSON."""

import dataclasses
import json
from dataclasses import dataclass, field

from figures import Ratio, Result, Verdict, median_of, number, significant
from memory import Held
from workloads import FIGURES, Holding, Workload

LEGEND = """\
Medians of {rounds} rounds of {seconds:g} s. A workload is connections x messages in flight on each;
64x1 where it says nothing. CPU is the server's, in microseconds a message; calls and instr. are its
system calls and user instructions a message, counted apart. Ratios compare the rates of the same
round: median, least..most. >= marks a rate at which the client was the limit: the server can do
more. <= marks a ratio to such a rate, which is at most so high; >= one of such a rate, which is at
least so high. A ratio of two such rates has no mark. What such ratios leave open is "not decided".
For handshakes p50 and p99 are the time from connecting until the handshake is accepted."""


@dataclass
class Report:
    """All results of a run."""

    machine: dict[str, str]
    rounds: int
    seconds: float
    notes: list[str] = field(default_factory=list)
    workloads: list[tuple[Workload, dict[str, Result]]] = field(default_factory=list)
    holdings: list[tuple[Holding, Held]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


def optional(ratio: Ratio | None) -> str:
    return "" if ratio is None else str(ratio)


def table(head: list[str], rows: list[list[str]], left: int = 1) -> list[str]:
    """Aligned Markdown: the first `left` columns left-aligned, the others right-aligned."""
    widths = [max(3, *(len(row[at]) for row in [head, *rows])) for at in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(cells, widths))
        ]
        return f"| {' | '.join(padded)} |"

    marks = ["-" if at < left else ":" for at in range(len(head))]
    rule = ["-" * (width - 1) + mark for width, mark in zip(widths, marks)]
    return [line(head), line(rule), *map(line, rows)]


def rate_row(title: str, server: str, result: Result) -> list[str]:
    mark = ">=" if result.is_lower_bound else ""
    return [
        title,
        server,
        mark + number(result.rate),
        significant(median_of(result.samples, "latency_us", "p50")),
        significant(median_of(result.samples, "latency_us", "p99")),
        significant(median_of(result.samples, "server_cpu_us")),
        number(result.calls, 3 if (result.calls or 0) < 10 else 1),
        number(result.instructions),
        optional(result.to_raw),
        optional(result.to_node),
    ]


RATE_HEAD = "workload|server|per second|p50 us|p99 us|CPU|calls|instr.|to raw TCP|to Node ws"


def rate_table(report: Report) -> list[str]:
    rows = []
    for workload, results in report.workloads:
        title = workload.title
        for server, result in results.items():
            rows.append(rate_row(title, server, result))
            title = ""  # the first row of a workload names it
    return table(RATE_HEAD.split("|"), rows, left=2)


def base_table(report: Report) -> list[str]:
    rows = [
        [workload.title, workload.base_title, server, str(result.to_base)]
        for workload, results in report.workloads
        for server, result in results.items()
        if result.to_base
    ]
    return table(["workload", "beside", "server", "ratio"], rows, left=3) if rows else []


def peak_rows(report: Report) -> list[list[str]]:
    return [
        [workload.title, server, number(result.peak_kib)]
        for workload, results in report.workloads
        for server, result in results.items()
        if result.peak_kib is not None
    ]


def memory_table(report: Report) -> list[str]:
    rows = []
    for holding, held in report.holdings:
        title = holding.title
        for step in held.steps:
            rows.append(
                [
                    title,
                    number(step.open),
                    number((step.rss_kib - held.before_kib) / 1024, 1),
                    number(held.kib_each(step), 2),
                    significant(step.handshake_us),
                ]
            )
            title = ""
    head = ["server", "open", "RSS gained MiB", "KiB each", "CPU us a handshake"]
    return table(head, rows) if rows else []


def verdict_table(report: Report) -> list[str]:
    rows = [
        [verdict.title, verdict.limit_text, verdict.value_text, verdict.word]
        for verdict in report.verdicts
    ]
    return table(["target", "limit", "value", "result"], rows) if rows else []


def disturbed(report: Report) -> list[str]:
    """Workloads in which something else took the cores."""
    return [
        workload.title
        for workload, results in report.workloads
        if workload.load.connections > 1
        and any(result.is_disturbed for result in results.values())
    ]


def markdown(report: Report) -> str:
    """The whole report."""
    lines = ["# Benchmark of lws-echo", ""]
    lines += [f"- {key}: {value}" for key, value in report.machine.items()]
    lines += [f"- note: {note}" for note in report.notes]
    if titles := disturbed(report):
        lines.append(f"- note: other programs took part of the cores in {', '.join(titles)}:")
        lines.append("  rates and ratios there mean little; CPU and what is counted hold")
    if report.workloads:
        legend = LEGEND.format(rounds=report.rounds, seconds=report.seconds)
        lines += ["", "## Speed", "", legend, "", *rate_table(report)]
    if base := base_table(report):
        lines += ["", "## Comparisons", "", *base]
    if report.holdings:
        lines += ["", "## Idle connections", "", *memory_table(report)]
    if peaks := peak_rows(report):
        head = ["workload", "server", "KiB above idle"]
        lines += ["", "## Peak of memory", "", *table(head, peaks, left=2)]
    if report.verdicts:
        lines += ["", "## Targets", "", *verdict_table(report)]
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """The same with every sample."""
    content = {
        "machine": report.machine,
        "rounds": report.rounds,
        "seconds": report.seconds,
        "notes": report.notes,
        "workloads": [
            {
                "name": workload.name,
                "title": workload.title,
                "load": dataclasses.asdict(workload.load),
                "variant": workload.variant,
                "servers": {name: dataclasses.asdict(result) for name, result in results.items()},
            }
            for workload, results in report.workloads
        ],
        "idle": [
            {"server": holding.server, "variant": holding.variant, **dataclasses.asdict(held)}
            for holding, held in report.holdings
        ],
        "targets": [
            {
                "title": verdict.title,
                "figure": FIGURES[verdict.target.figure].title,
                "limit": verdict.limit_text,
                "value": verdict.value,
                "met": verdict.met,
                "result": verdict.word,
            }
            for verdict in report.verdicts
        ],
    }
    return json.dumps(content, indent=1) + "\n"
