"""The machine: the cores of server and client, and what the results' header says about it."""

import dataclasses
import datetime
import json
import os
import platform
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
# Reserved in a process for what is not a connection: listeners, epoll, logs, files being served.
SPARE_FILES = 100


@dataclass(frozen=True)
class Cores:
    """The core of the servers and that of the load generator."""

    server: int
    client: int
    all: tuple[int, ...]
    shared: bool = False  # all use all cores: nothing is pinned

    def together(self) -> "Cores":
        return dataclasses.replace(self, shared=True)

    @property
    def for_server(self) -> tuple[int, ...]:
        return self.all if self.shared else (self.server,)

    @property
    def for_client(self) -> tuple[int, ...]:
        return self.all if self.shared else (self.client,)

    @property
    def note(self) -> str:
        if self.server == self.client:
            return f"one core only ({self.server}): server and client share it"
        return f"server on core {self.server}, client on core {self.client}"


def siblings(core: int) -> set[int]:
    """The threads of the same physical core, if the kernel tells."""
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        text = path.read_text().strip()
    except OSError:
        return {core}
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def choose_cores() -> Cores:
    """Two cores that this process may use, on different physical cores if possible."""
    usable = sorted(os.sched_getaffinity(0))
    server = usable[0]
    others = [core for core in usable if core not in siblings(server)] or usable[1:]
    return Cores(server, others[0] if others else server, tuple(usable))


def prepare_process(cores: tuple[int, ...]) -> None:
    """Pins the process to these cores and lets it open as many files as it may."""
    os.sched_setaffinity(0, cores)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connections_possible() -> int:
    """Connections that fit into the limit of open files of one process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard - SPARE_FILES


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.machine()


def package_version(name: str) -> str:
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


def node_version() -> str:
    try:
        found = subprocess.run(["node", "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return "none"
    return found.stdout.strip().lstrip("v")


def ws_version() -> str:
    try:
        text = (REPOSITORY / "node_modules/ws/package.json").read_text()
    except FileNotFoundError:
        return "none"
    return json.loads(text)["version"]


def congestion_control() -> str:
    """The servers' TCP congestion control; some, such as bbr, space packets out by timers."""
    try:
        return Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    except OSError:
        return "unknown"


def describe(cores: Cores) -> dict[str, str]:
    """What the header of the results says, in order."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores; {cores.note}",
        "kernel": f"{platform.system()} {platform.release()}, TCP with {congestion_control()}",
        "libwebsockets": package_version("libwebsockets-dev"),
        "Node.js": node_version(),
        "ws": ws_version(),
        "python3-websockets": package_version("python3-websockets"),
    }
