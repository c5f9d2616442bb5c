"""What is measured: figures, targets and workloads, each a row of a table."""

from dataclasses import dataclass

PLAIN = "plain"
TLS = "tls"
COMPRESSED = "compressed"
SPREAD = "spread"  # over all cores: the kernel places servers and client


@dataclass(frozen=True)
class Figure:
    """Something that has a value for a server and may have a target."""

    title: str
    digits: int
    counted: bool = False  # does not vary with the machine's load, so --quick can check it


FIGURES = {
    "to_raw": Figure("rate to raw TCP", 2),
    "to_node": Figure("rate to Node ws", 2),
    "to_base": Figure("rate to", 2),
    "calls": Figure("system calls a message", 3, counted=True),
    "instructions": Figure("user instructions a message", 0, counted=True),
    "peak_kib": Figure("KiB at the peak above idle", 0, counted=True),
    "idle_kib": Figure("KiB of RSS an idle connection", 2, counted=True),
    "growth": Figure("CPU of a handshake, last step to first", 2),
}


@dataclass(frozen=True)
class Target:
    """A limit for a figure of a server."""

    server: str
    figure: str
    limit: float
    at_least: bool

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


def at_least(server: str, figure: str, limit: float) -> Target:
    return Target(server, figure, limit, True)


def at_most(server: str, figure: str, limit: float) -> Target:
    return Target(server, figure, limit, False)


@dataclass(frozen=True)
class Load:
    """Options of the load generator."""

    connections: int
    size: int
    in_flight: int = 1
    type: str = "binary"
    idle: int = 0
    churn: bool = False

    def options(self, variant: str) -> list[str]:
        chosen = [
            *("--connections", str(self.connections)),
            *("--size", str(self.size)),
            *("--in-flight", str(self.in_flight)),
            *("--type", self.type),
        ]
        if self.idle:
            chosen += ["--idle", str(self.idle)]
        if self.churn:
            chosen += ["--churn"]
        if variant == TLS:
            chosen += ["--tls"]
        if variant == COMPRESSED:
            chosen += ["--compress"]
        return chosen


@dataclass(frozen=True)
class Workload:
    """A row of the table. Counts are of messages; 0 leaves that count out."""

    name: str
    title: str
    load: Load
    variant: str = PLAIN
    base: Load | None = None  # measured beside it on the same server, for to_base
    base_server: str = ""  # or another server, with the same load
    base_title: str = ""
    calls: int = 0
    instructions: int = 0
    peak: int = 0
    leave_out: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()


KIB = 1024
MIB = 1024 * KIB
BINARY_16K = Load(64, 16 * KIB)
SMALL = Load(64, 64)

WORKLOADS = (
    Workload(
        "small",
        "64 B 64x1",
        SMALL,
        calls=20_000,
        instructions=10_000,
        targets=(
            at_least("ours", "to_raw", 0.92),
            at_least("distro", "to_raw", 0.90),
            at_least("ours", "to_node", 1.9),
            at_most("ours", "calls", 2.05),
        ),
    ),
    Workload(
        "pipelined",
        "64 B 64x16",
        Load(64, 64, in_flight=16),
        calls=160_000,
        instructions=32_000,
        targets=(
            at_least("ours", "to_raw", 0.80),
            at_least("distro", "to_raw", 0.65),
            at_least("ours", "to_node", 12),
            at_most("ours", "calls", 0.13),
            at_most("ours", "instructions", 440),
            at_most("distro", "instructions", 1660),
        ),
    ),
    Workload(
        "latency",
        "64 B 1x1",
        Load(1, 64),
        calls=2_000,
        targets=(at_most("ours", "calls", 3.05),),
    ),
    Workload(
        "16k",
        "16 KiB 64x1",
        BINARY_16K,
        calls=8_000,
        instructions=400,
        targets=(
            at_least("ours", "to_raw", 0.90),
            at_least("distro", "to_raw", 0.65),
            at_least("ours", "to_node", 1.5),
        ),
    ),
    Workload(
        "128k",
        "128 KiB 16x1",
        Load(16, 128 * KIB),
        calls=2_000,
        instructions=50,
        targets=(
            at_least("ours", "to_raw", 0.90),
            at_least("distro", "to_raw", 0.60),
            at_least("ours", "to_node", 2.5),
        ),
    ),
    Workload(
        "1m",
        "1 MiB 4x1",
        Load(4, MIB),
        calls=400,
        instructions=10,
        peak=200,
        targets=(
            at_least("ours", "to_raw", 0.85),
            at_least("distro", "to_raw", 0.75),
            at_least("ours", "to_node", 2.5),
            at_most("ours", "calls", 13),
            at_most("ours", "peak_kib", 2048),
        ),
    ),
    Workload(
        "ascii",
        "ASCII 16 KiB",
        Load(64, 16 * KIB, type="ascii"),
        base=BINARY_16K,
        base_title="binary",
        targets=(at_least("ours", "to_base", 0.95), at_least("distro", "to_base", 0.95)),
    ),
    Workload(
        "multibyte",
        "UTF-8 16 KiB",
        Load(64, 16 * KIB, type="multibyte"),
        base=BINARY_16K,
        base_title="binary",
    ),
    Workload(
        "tls-small",
        "TLS 64 B",
        SMALL,
        variant=TLS,
        targets=(at_least("ours", "to_node", 1.2),),
    ),
    Workload(
        "tls-16k",
        "TLS 16 KiB",
        BINARY_16K,
        variant=TLS,
        targets=(at_least("ours", "to_node", 1.2),),
    ),
    Workload(
        "compressed",
        "deflate 16K",
        Load(64, 16 * KIB, type="ascii"),
        variant=COMPRESSED,
    ),
    Workload(
        "idle",
        "10,000 idle",
        Load(64, 64, idle=10_000),
        base=SMALL,
        base_title="none idle",
        targets=(at_least("ours", "to_base", 0.95), at_least("distro", "to_base", 0.95)),
    ),
    Workload(
        "workers",
        "workers 64 B",
        SMALL,
        variant=SPREAD,
        base_server="ours",
        base_title="one, no core its own",
    ),
    Workload(
        "workers-16k",
        "workers 16K",
        BINARY_16K,
        variant=SPREAD,
        base_server="ours",
        base_title="one, no core its own",
    ),
    Workload(
        "churn",
        "handshakes",
        Load(64, 64, churn=True),
        leave_out=("raw",),  # it has no handshakes
        targets=(at_least("ours", "to_node", 1.5),),
    ),
)


@dataclass(frozen=True)
class Holding:
    """Idle connections that a server holds, and the targets for their cost."""

    server: str
    variant: str
    most: int
    targets: tuple[Target, ...] = ()

    @property
    def title(self) -> str:
        return self.server if self.variant == PLAIN else f"{self.server} {self.variant}"


MEMORY = "memory"
HELD_STEP = 5_000
HELD_MOST = 20_000
HELD_QUICK = 2_000
HOLDINGS = (
    Holding(
        "ours",
        PLAIN,
        HELD_MOST,
        # includes buffers left from simultaneous handshakes, which vary from run to run
        targets=(at_most("ours", "idle_kib", 1.6), at_most("ours", "growth", 1.25)),
    ),
    Holding("ours", TLS, HELD_MOST),
    Holding("ours", COMPRESSED, HELD_MOST),
    Holding("node", PLAIN, HELD_MOST),
    Holding("python", PLAIN, HELD_MOST),
    Holding("lws", PLAIN, HELD_MOST),
)


def names() -> list[str]:
    """What --only takes, in order."""
    return [*(workload.name for workload in WORKLOADS), MEMORY]
