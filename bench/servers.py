"""The servers under test: how each is started, and its process."""

import contextlib
import json
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from failure import Dropouts, ServerFailure
from machine import REPOSITORY, SPARE_FILES, prepare_process
from workloads import COMPRESSED, PLAIN, SPREAD, TLS

HOST = "127.0.0.1"
BUILD = REPOSITORY / "build"
RAW_ECHO = BUILD / "release/bench/raw-echo"
LWS_ECHO = BUILD / "bench/lws-minimal-echo"
PEERS = REPOSITORY / "bench/peers"
PYTHON = "/usr/bin/python3"
READY = re.compile(r" is ready: .*:(\d+)/?$")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
POLL_S = 0.02
LAST_ERROR_LINES = 5


@dataclass(frozen=True)
class Start:
    """What a server is started with."""

    variant: str
    directory: Path  # for files of this run
    port: int = 0  # for servers that do not choose their own
    connections: int = 0  # to hold, if more than it accepts by default


Command = Callable[[Start], list[str]]


@dataclass(frozen=True)
class Kind:
    """A server that can be started: how, and what it can do."""

    name: str
    title: str
    command: Command
    variants: tuple[str, ...] = (PLAIN,)
    path: str = "/"
    raw: bool = False
    takes_port: bool = False  # is given a port instead of saying which one it took
    ours: bool = False  # instructions are counted for these


def our_command(build: str, workers: int = 1) -> Command:
    settings = {
        PLAIN: {},
        SPREAD: {},
        TLS: {"tls": "self-signed"},
        COMPRESSED: {"echo": {"compression": "no-context-takeover"}},
    }

    def command(start: Start) -> list[str]:
        file = start.directory / f"{start.variant}-{workers}.json"
        config = {"address": HOST, "port": 0, "workers": workers, **settings[start.variant]}
        if start.connections:
            config["max-open-files"] = start.connections + SPARE_FILES
        file.write_text(json.dumps(config))
        return [str(BUILD / build / "bin/lws-echo"), "-c", str(file)]

    return command


def certificate(directory: Path) -> tuple[str, str]:
    """Makes a certificate for the peers, once."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    if not cert.exists():
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-keyout", str(key), "-out", str(cert)),
            ],
            check=True,
            capture_output=True,
        )
    return str(cert), str(key)


def peer_command(*program: str) -> Command:
    """A peer of bench/peers, which all take the same options."""

    def command(start: Start) -> list[str]:
        options = []
        if start.variant == TLS:
            cert, key = certificate(start.directory)
            options = ["--cert", cert, "--key", key]
        if start.variant == COMPRESSED:
            options = ["--compress"]
        return [*program, *options]

    return command


ALL_VARIANTS = (PLAIN, TLS, COMPRESSED)
OURS = "ours"
RAW = "raw"
NODE = "node"
DISTRO = "distro"
MINIMAL = "lws"
KINDS = (
    Kind(
        OURS, "lws-echo", our_command("release"), (*ALL_VARIANTS, SPREAD), "/ws", ours=True
    ),
    Kind(
        DISTRO,
        "lws-echo on the distribution's libwebsockets",
        our_command("distribution"),
        ALL_VARIANTS,
        "/ws",
        ours=True,
    ),
    Kind(
        "ours-2",
        "lws-echo with two workers, where nothing is pinned",
        our_command("release", workers=2),
        (SPREAD,),
        "/ws",
        ours=True,
    ),
    Kind(RAW, "raw TCP echo, the ceiling", lambda _: [str(RAW_ECHO)], raw=True, ours=True),
    Kind(NODE, "Node.js ws", peer_command("node", str(PEERS / "ws.mjs")), ALL_VARIANTS),
    Kind(
        "python",
        "Python's websockets",
        peer_command(PYTHON, str(PEERS / "websockets_echo.py")),
        ALL_VARIANTS,
    ),
    # It has no TLS, and -n turns off its compression, which damages data.
    Kind(
        MINIMAL,
        "libwebsockets' minimal echo",
        lambda start: [str(LWS_ECHO), "-p", str(start.port), "-n", "-d", "1"],
        takes_port=True,
    ),
)


def further_kind(name: str, command: str, path: str) -> Kind:
    """A peer from the command line; {port} in its command is replaced."""
    parts = shlex.split(command)

    def fill(start: Start) -> list[str]:
        return [part.replace("{port}", str(start.port)) for part in parts]

    return Kind(name, command, fill, path=path, takes_port=True)


def missing_program(kind: Kind, directory: Path) -> str | None:
    """The program that a kind needs and that is missing, or None."""
    program = kind.command(Start(PLAIN, directory))[0]
    return None if shutil.which(program) else program


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def tail(file) -> str:
    """The last lines that a process wrote to standard error, joined into one."""
    file.seek(0)
    lines = [line.strip() for line in file if line.strip()]
    return " | ".join(lines[-LAST_ERROR_LINES:]) or "nothing on standard error"


def drain(output) -> subprocess.Popen:
    """Discards a server's output, so that one that logs every message is not blocked."""
    return subprocess.Popen(
        ["cat"], stdin=output, stdout=subprocess.DEVNULL, start_new_session=True
    )


class Server:
    """A server process, pinned to some cores. stop() ends it."""

    def __init__(
        self,
        kind: Kind,
        variant: str,
        cores: tuple[int, ...],
        directory: Path,
        tool: Sequence[str] = (),
        connections: int = 0,
    ) -> None:
        self.kind = kind
        self._errors = tempfile.TemporaryFile("w+", errors="replace")
        self._drain: subprocess.Popen | None = None
        self._stopped = False
        port = free_port() if kind.takes_port else 0
        command = [*tool, *kind.command(Start(variant, directory, port, connections))]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if kind.takes_port else subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # so that Ctrl+C reaches it through stop() alone
                preexec_fn=lambda: prepare_process(cores),
            )
        except OSError as error:
            raise ServerFailure(f"{kind.name} does not start: {error}") from error
        try:
            if port:
                self.port = self._wait_accepting(port)
            else:
                self.port = self._wait_ready()
                self._drain = drain(self._process.stdout)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The processes that serve: its children, if it has any."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(child) for child in children] or [self.pid]

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def check_alive(self, where: str) -> None:
        """Fails, saying how the server ended, if it has."""
        code = self._process.poll()
        if code is not None:
            raise ServerFailure(f"{where}: {self.kind.name} {self._ending(code)}")

    def stop(self) -> None:
        """Ends the process; a second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._drain:
            self._drain.kill()
            self._drain.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()

    def _ending(self, code: int) -> str:
        how = f"with status {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        return f"ended {how}: {tail(self._errors)}"

    def _wait_ready(self) -> int:
        """Reads until the line that names the port."""
        deadline = time.monotonic() + START_TIMEOUT_S
        output = self._process.stdout
        text = b""
        while (left_s := deadline - time.monotonic()) > 0:
            if not select.select([output], [], [], left_s)[0]:
                break
            piece = output.read1()
            if not piece:
                code = self._process.wait(STOP_TIMEOUT_S)
                raise ServerFailure(f"{self.kind.name} {self._ending(code)}")
            text += piece
            for line in text.decode(errors="replace").splitlines():
                if ready := READY.search(line):
                    return int(ready[1])
        raise ServerFailure(f"{self.kind.name} was not ready within {START_TIMEOUT_S} s")

    def _wait_accepting(self, port: int) -> int:
        """Tries to connect until the server accepts on the port that it was given."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            self.check_alive("start")
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                return port
            time.sleep(POLL_S)
        raise ServerFailure(f"{self.kind.name} does not accept on {HOST}:{port}")


@contextlib.contextmanager
def running(
    kinds: list[Kind],
    variant: str,
    cores: tuple[int, ...],
    directory: Path,
    dropouts: Dropouts,
) -> Iterator[dict[str, Server]]:
    """Runs all of these servers that start, at the same time."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for kind in kinds:
            with dropouts.guarding(kind.name):
                servers[kind.name] = Server(kind, variant, cores, directory)
                stack.callback(servers[kind.name].stop)
        yield servers
