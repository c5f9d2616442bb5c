"""The load generator echo-load, as well-behaved clients."""

import json
import subprocess

from server import BUILD

LOAD = str(BUILD / "bench/echo-load")


def load(port: int, *options: str) -> dict:
    """Returns what well-behaved clients measure. Fails if anything is lost, altered or reordered."""
    done = subprocess.run(
        [LOAD, *options, f"127.0.0.1:{port}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
