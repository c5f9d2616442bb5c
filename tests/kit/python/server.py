"""The real server, in its own process and on its own port."""

import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from waiting import PATIENCE_S, wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = REPOSITORY / "build/release"
BINARY = os.environ.get("LWS_ECHO", str(BUILD / "bin/lws-echo"))
READY = re.compile(r"lws-echo is ready: open (https?://\S+:(\d+)/)\n")
SANITIZER_REPORT = re.compile(r"Sanitizer|runtime error:")
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LIBC = ctypes.CDLL(None)


def end_with_parent() -> None:
    """Ends the server when its test is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """Starts the server and waits until it says that it is ready.

    @config is its configuration; without "port" it takes a free one. @command is the program, if it
    is another one or has its own configuration. @prefix is a command that starts it, such as "ip
    netns exec", and @host is the address at which it is then reached.
    """

    def __init__(
        self,
        config: Mapping[str, object] | None = None,
        *,
        command: Sequence[object] = (BINARY,),
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self._admin = str((config or {}).get("admin", "")).removeprefix("unix:")
        self._errors = tempfile.TemporaryFile()
        self._said: str | None = None  # all of it, at the end
        self._config = tempfile.NamedTemporaryFile("w", suffix=".json")  # workers read it later
        words = [*prefix, *map(str, command)]
        if config is not None:
            json.dump({"port": 0, **config}, self._config)
            self._config.flush()
            words += ["-c", self._config.name]
        self._command = words
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **(environment or {})},
            preexec_fn=end_with_parent,
        )
        self.url, self.port = self._wait_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def socket_url(self) -> str:
        """Address of the echo service."""
        return re.sub("^http", "ws", self.url) + "ws"

    def stop(self) -> None:
        """Stops it and checks that it ends cleanly."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._release()
        code = self._process.returncode
        if code != 0 or SANITIZER_REPORT.search(self.log()):
            raise AssertionError(f"{self._command[0]} ended with {code}: {self.log()}")

    def log(self) -> str:
        """What it has written to standard error, even after its end."""
        if self._said is not None:
            return self._said
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), size, 0).decode(errors="replace")

    def rss_kib(self) -> int:
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+)", text, re.MULTILINE)[1])

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_s(self) -> float:
        """CPU time of its own process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def metric(self, name: str) -> int:
        with self._connect_admin() as peer:
            peer.sendall(b"GET /metrics HTTP/1.0\r\nHost: a\r\n\r\n")
            text = b""
            while piece := peer.recv(65536):
                text += piece
        return int(re.search(rf"^{re.escape(name)} (\d+)", text.decode(), re.MULTILINE)[1])

    def wait_empty(self) -> None:
        wait_for(lambda: not self.metric("lws_echo_connections"), "connections are left")

    def _release(self) -> None:
        self._said = self.log()
        for file in (self._process.stdout, self._errors, self._config):
            file.close()

    def _connect_admin(self) -> socket.socket:
        if not self._admin:
            return socket.create_connection((self.host, self.port), PATIENCE_S)
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(PATIENCE_S)
        peer.connect(self._admin)
        return peer

    def _wait_ready(self) -> tuple[str, int]:
        timer = threading.Timer(PATIENCE_S, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                if ready := READY.fullmatch(line):
                    return ready[1], int(ready[2])
        finally:
            timer.cancel()
        self._process.wait()
        self._release()
        raise AssertionError(f"{self._command[0]} ended before it was ready: {self.log()}")
