"""Counts what does not vary with the machine's load: system calls and user instructions.

Both compare a short run with one of N messages more: the cost of start, handshakes and stop is in
both runs, so it is not in the difference.
"""

import contextlib
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from failure import Failure
from machine import Cores
from measure import run_load
from servers import Kind, Server
from workloads import Workload

TRACER_TIMEOUT_S = 30
COLUMNS = "calls,name"
# The short run is N divided by this. It needs enough messages to use all connections, and no more.
SHORT_PART = 10
INSTRUCTIONS = re.compile(r"Collected : (\d+)")


class Unavailable(Exception):
    """A tool cannot work here, for instance because tracing is forbidden."""


def total_calls(summary: str) -> int:
    """Sum of the calls in a table of strace -c with COLUMNS."""
    head, *rows = [line.split() for line in summary.splitlines() if line.strip()] or [[]]
    if head != ["calls", "syscall"]:
        raise Unavailable(f"{head} is not the head of strace's table")
    return sum(int(row[0]) for row in rows if row[0].isdigit() and row[1] != "total")


def total_instructions(log: str) -> int:
    """What callgrind says it has counted."""
    found = INSTRUCTIONS.search(log)
    if not found:
        raise Unavailable("callgrind does not say how much it has collected")
    return int(found[1])


def run_lengths(messages: int) -> tuple[int, int]:
    """The numbers of messages in the two runs."""
    short = max(1, messages // SHORT_PART)
    return short, short + messages


def per_message(short: int, long: int, messages: int) -> float:
    """The cost of a message, from the totals of both runs."""
    return (long - short) / messages


def counted_options(workload: Workload, messages: int) -> list[str]:
    return [
        *workload.load.options(workload.variant),
        *("--warmup", "0", "--messages", str(messages)),
    ]


@contextlib.contextmanager
def traced(pid: int, summary: Path) -> Iterator[None]:
    """Counts the system calls of a process and its threads, into a file."""
    try:
        tracer = subprocess.Popen(
            ["strace", "-c", "-f", "-U", COLUMNS, "-o", str(summary), "-p", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"strace: {error.strerror}") from error
    try:
        # strace says so when it has attached, or why it cannot.
        line = tracer.stderr.readline()
        if "attached" not in line:
            raise Unavailable(line.strip() or "strace ended without saying why")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(TRACER_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.wait()
        tracer.stderr.close()


def count_calls(
    server: Server, workload: Workload, messages: int, cores: Cores, directory: Path
) -> float:
    """System calls a message, of a running server."""
    totals = []
    for length in run_lengths(messages):
        summary = directory / "strace.txt"
        with traced(server.pid, summary):
            options = counted_options(workload, length)
            run_load(server, options, cores, f"{workload.title}, counting system calls")
        totals.append(total_calls(summary.read_text()))
    return per_message(*totals, messages)


def count_instructions(
    kind: Kind, workload: Workload, messages: int, cores: Cores, directory: Path
) -> float:
    """User instructions a message, of a server that is started for it under callgrind."""
    totals = []
    for length in run_lengths(messages):
        log = directory / "callgrind.txt"
        tool = (
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            f"--log-file={log}",
        )
        where = f"{workload.title}, counting instructions"
        try:
            server = Server(kind, workload.variant, cores.for_server, directory, tool)
        except Failure as failure:
            raise Unavailable(f"under valgrind {failure}") from failure
        try:
            options = counted_options(workload, length)
            run_load(server, options, cores, where)
        finally:
            server.stop()
        totals.append(total_instructions(log.read_text()))
    return per_message(*totals, messages)
