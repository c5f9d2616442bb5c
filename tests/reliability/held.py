#!/usr/bin/python3
"""Many connections held open: all are pinged, every byte comes back, and all are closed with 1001.

And many that come and go, which leave nothing behind. Opens as many as the limits of open files allow, if that is fewer than asked for, and says so.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from load import LOAD, load
from raw_client import LOOPBACK
from server import Server
from tally import Skipped, run_functions
from waiting import wait_for

CONNECTIONS = 20_000
MESSAGES = 1_000_000
QUICK_CONNECTIONS = 1_000
QUICK_MESSAGES = 50_000

COMING = 10_000

PING_INTERVAL_S = 2
PONG_TIMEOUT_S = 20
PINGS_PATIENCE_S = 60
# besides the connections: reserved for "admin" and reloads, and what a process has open anyway
OTHER_FILES = 100


class Client:
    """echo-load, which opens connections and uses them as told."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [LOAD, "--hold", "--patience", "60", f"127.0.0.1:{port}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> dict:
        assert self._process.stdout and self._process.stderr
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read()
        return json.loads(line)

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(60) == 0, "echo-load has failed"


def possible(wanted: int) -> int:
    """Returns how many connections client and server can each have; raises this process's limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, max(hard, wanted + OTHER_FILES)))
    except ValueError:
        pass  # only root may, and the system has a limit as well
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return min(wanted, hard - OTHER_FILES)


def hold(wanted: int, messages: int) -> None:
    count = possible(wanted)
    if count < QUICK_CONNECTIONS:
        raise Skipped(f"only {count} connections are possible here (ulimit -Hn)")
    if count < wanted:
        print(f"# {count} connections in place of {wanted}: more are not possible (ulimit -Hn)")
    server = Server({
        "address": LOOPBACK,
        "max-open-files": count + OTHER_FILES,
        "echo": {"ping-interval": PING_INTERVAL_S, "pong-timeout": PONG_TIMEOUT_S},
    })
    idle_kib = server.rss_kib()
    client = Client(server.port)
    client.tell(str(count))
    opened = client.hear()
    assert opened["open"] == count, opened
    open_kib = server.rss_kib()
    each = -(-messages // count)
    client.tell(f"echo {each}")
    assert client.hear() == {"echoed": count * each}
    # from now on all are silent; their Pings are due within the interval
    before = server.metric("lws_echo_pings_sent_total")
    began = time.monotonic()
    wait_for(lambda: server.metric("lws_echo_pings_sent_total") >= before + 2 * count,
             "Pings are missing", PINGS_PATIENCE_S)
    pinged_s = time.monotonic() - began
    assert server.metric("lws_echo_pong_timeouts_total") == 0
    assert server.metric("lws_echo_connections") == count
    client.tell("closed 1001")
    awaiting = client.hear()
    assert awaiting["awaiting"] == count and awaiting["pings"] >= 1, awaiting
    began = time.monotonic()
    server.stop()
    stopped_s = time.monotonic() - began
    assert client.hear() == {"closed": count}
    client.end()
    print(f"# {count:,} connections opened in {opened['seconds']:.1f} s,"
          f" {(open_kib - idle_kib) / count:.2f} KiB each; {count * each:,} messages came back;"
          f" each was pinged twice in {pinged_s:.1f} s;"
          f" all were closed with 1001 in {stopped_s:.1f} s")


def come_and_go() -> None:
    """If the server has a sanitizer, its clean end also shows that nothing has leaked."""
    server = Server({"address": LOOPBACK,
                     "echo": {"compression": "on", "max-connections-per-address": 100}})
    descriptors = server.descriptors()
    load(server.port, "--churn", "--messages", str(COMING), "--compress")
    server.wait_empty()
    wait_for(lambda: server.descriptors() <= descriptors, "descriptors are left")
    server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_CONNECTIONS} connections and {QUICK_MESSAGES} messages")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    arguments = parser.parse_args()
    connections = QUICK_CONNECTIONS if arguments.quick else arguments.connections
    messages = QUICK_MESSAGES if arguments.quick else arguments.messages
    return run_functions([
        ("load held", lambda: hold(connections, messages)),
        (f"{COMING:,} connections that come and go", come_and_go),
    ])


if __name__ == "__main__":
    sys.exit(main())
