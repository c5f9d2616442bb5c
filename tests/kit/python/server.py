"""The real server, in a process and on a port of its own."""

import json
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BINARY = os.environ.get("LWS_ECHO", str(REPOSITORY / "build/release/bin/lws-echo"))
READY = re.compile(r"lws-echo is ready: open (https?://localhost:\d+/)\n")
SANITIZER_REPORT = re.compile(r"Sanitizer|runtime error:")
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30


class Server:
    """Starts the server with a configuration and waits until it is ready."""

    def __init__(self, config: dict) -> None:
        self._errors = tempfile.TemporaryFile("w+")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(config, file)
            file.flush()
            self._process = subprocess.Popen(
                [BINARY, "--port", "0", "-c", file.name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
            self.url = self._wait_ready()

    @property
    def socket_url(self) -> str:
        """Address of the echo service."""
        return re.sub("^http", "ws", self.url) + "ws"

    def stop(self) -> None:
        """Stops it and checks that it ends in good order."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        errors = self._read_errors()
        code = self._process.returncode
        if code != 0 or SANITIZER_REPORT.search(errors):
            raise AssertionError(f"{BINARY} ended with {code}: {errors}")

    def _wait_ready(self) -> str:
        timer = threading.Timer(START_TIMEOUT_S, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                if ready := READY.fullmatch(line):
                    return ready[1]
        finally:
            timer.cancel()
        self._process.wait()
        self._process.stdout.close()
        raise AssertionError(f"{BINARY} ended before it was ready: {self._read_errors()}")

    def _read_errors(self) -> str:
        with self._errors:
            self._errors.seek(0)
            return self._errors.read()
