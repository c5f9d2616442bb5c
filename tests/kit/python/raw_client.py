"""A real server and its clients, for the tests of this directory."""

import json
import os
import re
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build/release"
SERVER = os.environ.get("LWS_ECHO", str(BUILD / "bin/lws-echo"))
LOAD = str(BUILD / "bench/echo-load")
WAIT_S = 30

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
MASK = b"\0\0\0\0"


def connect(port: int, receive_bytes: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """A connection, with a receive buffer of its own size if @receive_bytes is not 0."""
    peer = socket.socket()
    peer.settimeout(WAIT_S)
    if receive_bytes:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    peer.connect((host, port))
    return peer


def opened(port: int, headers: str = "", peer: socket.socket | None = None,
           host: str = "127.0.0.1") -> socket.socket:
    """The same after its handshake, or @peer after that."""
    peer = peer or connect(port, host=host)
    peer.sendall((HANDSHAKE + headers + "\r\n").encode())
    response = b""
    while b"\r\n\r\n" not in response:
        piece = peer.recv(4096)
        assert piece, response
        response += piece
    assert response.startswith(b"HTTP/1.1 101 "), response
    return peer


def frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        length = struct.pack("!B", 0x80 | size)
    elif size < 65536:
        length = struct.pack("!BH", 0xFE, size)
    else:
        length = struct.pack("!BQ", 0xFF, size)
    return bytes([first]) + length + MASK + payload


def frames(peer: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The frames that come, one by one: their first byte and payload."""
    data = bytearray()
    place = 0
    while piece := peer.recv(1 << 20):
        data[:place] = b""
        data += piece
        place = 0
        while len(data) - place >= 2:
            start = place + 2
            size = data[place + 1]
            if size >= 126:
                extended = 2 if size == 126 else 8
                size = int.from_bytes(data[start:start + extended], "big")
                start += extended
            if len(data) < start + size:
                break
            yield data[place], bytes(data[start:start + size])
            place = start + size


class Server:
    """The program with some members of its configuration, on a free port.

    @prefix is a command that starts it, as "ip netns exec" does; @host is where it is reached then.
    """

    def __init__(self, directory: str, preload: str = "", environment: dict | None = None,
                 prefix: list[str] | None = None, host: str = "127.0.0.1",
                 **members: object) -> None:
        self.host = host
        self._admin = str(members.get("admin", "")).removeprefix("unix:")
        config = Path(directory) / "config.json"
        config.write_text(json.dumps({"port": 0, "address": "127.0.0.1", **members}))
        self._log = Path(directory) / "log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*(prefix or []), SERVER, "-c", str(config)], stdout=subprocess.PIPE,
                stderr=log, text=True,
                env={**os.environ, **({"LD_PRELOAD": preload} if preload else {}),
                     **(environment or {})},
            )
        assert self.process.stdout
        said = re.search(r":(\d+)/", self.process.stdout.readline())
        assert said, f"the server does not start: {self.log()}"
        self.port = int(said.group(1))
        self.pid = self.process.pid

    def log(self) -> str:
        return self._log.read_text()

    def rss_kib(self) -> int:
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+)", text, re.MULTILINE).group(1))

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_s(self) -> float:
        """CPU time of its own process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def metric(self, name: str) -> int:
        with self._connect_admin() as peer:
            peer.sendall(b"GET /metrics HTTP/1.0\r\nHost: a\r\n\r\n")
            text = b""
            while piece := peer.recv(65536):
                text += piece
        return int(re.search(rf"^{re.escape(name)} (\d+)", text.decode(), re.MULTILINE).group(1))

    def _connect_admin(self) -> socket.socket:
        if not self._admin:
            return connect(self.port, host=self.host)
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(WAIT_S)
        peer.connect(self._admin)
        return peer

    def wait_empty(self) -> None:
        wait_for(lambda: not self.metric("lws_echo_connections"), "connections are left")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT_S)
        assert status == 0, f"the server ended with {status}: {self.log()}"


def wait_for(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def load(port: int, *options: str) -> dict:
    """What well-behaved clients see. Fails when anything is lost, altered or out of order."""
    done = subprocess.run(
        [LOAD, *options, f"127.0.0.1:{port}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def counted(tests: list[tuple[str, Callable[[], None]]]) -> int:
    """Runs tests, and says of each what came of it, and in the last line how many passed."""
    failed = 0
    skipped = 0
    for name, test in tests:
        try:
            test()
            print(f"ok {name}", flush=True)
        except Skipped as why:
            skipped += 1
            print(f"skipped {name}: {why}", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError) as problem:
            failed += 1
            print(f"not ok {name}: {problem}", flush=True)
    print(f"{len(tests) - failed - skipped} passed, {failed} failed")
    return 1 if failed else 0


class Skipped(Exception):
    """The machine does not allow a test."""
