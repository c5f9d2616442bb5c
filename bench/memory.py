"""Memory: what idle connections cost, and the peak under load."""

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from failure import ServerFailure
from machine import Cores, prepare_process
from measure import client_command, run_load
from servers import Kind, Server, tail
from workloads import PLAIN, TLS, Workload

# Resets the peak to the current use, see proc(5), clear_refs.
RESET_PEAK = "5"
CLIENT_STOP_TIMEOUT_S = 60


def parse_status(text: str, key: str) -> int:
    """A line of /proc/PID/status or /proc/PID/smaps_rollup, in KiB."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0])
    raise ValueError(f"no {key} in what the kernel says of the process")


def status_kib(pid: int, key: str) -> int:
    return parse_status(Path(f"/proc/{pid}/status").read_text(), key)


def rss_kib(pid: int) -> int:
    """What is resident, counted now: some kernels update VmRSS only now and then."""
    return parse_status(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Rss")


@dataclass
class Step:
    """What a number of idle connections cost."""

    open: int
    rss_kib: int
    handshake_us: float | None


@dataclass
class Held:
    """RSS of a server before and with idle connections."""

    before_kib: int
    steps: list[Step] = field(default_factory=list)

    def kib_each(self, step: Step) -> float:
        return (step.rss_kib - self.before_kib) / step.open

    @property
    def idle_kib(self) -> float:
        """The share of an idle connection in the last step, when the most are open."""
        return self.kib_each(self.steps[-1])

    @property
    def growth(self) -> float | None:
        """The ratio of a handshake's CPU time in the last step to that in the first."""
        first, last = self.steps[0].handshake_us, self.steps[-1].handshake_us
        return last / first if len(self.steps) > 1 and first and last else None


class Holder:
    """A load generator that holds idle connections open."""

    def __init__(self, server: Server, variant: str, cores: Cores) -> None:
        options = ["--hold", *(["--tls"] if variant == TLS else [])]
        if variant not in (PLAIN, TLS):
            options.append("--compress")
        self._server = server
        self._errors = tempfile.TemporaryFile("w+", errors="replace")
        self._process = subprocess.Popen(
            client_command(server, options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: prepare_process(cores.for_client),
        )

    def hold(self, connections: int) -> Step:
        """Opens connections until this many are open."""
        answer = self._ask(str(connections))
        return Step(answer["open"], rss_kib(self._server.pid), answer["cpu_us_per_handshake"])

    def close(self) -> None:
        try:
            self._process.communicate(timeout=CLIENT_STOP_TIMEOUT_S)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _ask(self, line: str) -> dict:
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        self._server.check_alive("idle connections")
        if not answer:
            self._process.wait(CLIENT_STOP_TIMEOUT_S)
            name = self._server.kind.name
            raise ServerFailure(f"idle connections, {name}: {tail(self._errors)}")
        return json.loads(answer)


def hold_idle(
    kind: Kind, variant: str, counts: list[int], cores: Cores, directory: Path
) -> Held:
    """Starts a server and opens idle connections in steps."""
    server = Server(kind, variant, cores.for_server, directory, connections=counts[-1])
    try:
        holder = Holder(server, variant, cores)
        try:
            held = Held(rss_kib(server.pid))
            for count in counts:
                held.steps.append(holder.hold(count))
            return held
        finally:
            holder.close()
    finally:
        server.stop()


def peak_above_idle(kind: Kind, workload: Workload, cores: Cores, directory: Path) -> int:
    """Starts a server and measures how far its memory rises under the workload, in KiB."""
    server = Server(kind, workload.variant, cores.for_server, directory)
    try:
        Path(f"/proc/{server.pid}/clear_refs").write_text(RESET_PEAK)
        idle_kib = status_kib(server.pid, "VmRSS")
        options = [
            *workload.load.options(workload.variant),
            *("--warmup", "0", "--messages", str(workload.peak)),
        ]
        run_load(server, options, cores, f"{workload.title}, peak of memory")
        return status_kib(server.pid, "VmHWM") - idle_kib
    finally:
        server.stop()


def steps_up_to(most: int, step: int) -> list[int]:
    """The numbers of connections to measure at; the last one is `most`."""
    return [*range(step, most, step), most]
