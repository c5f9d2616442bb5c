#!/usr/bin/python3
"""Runs everything at once for a long time: churn, slow readers, half-open peers and aborts.

Meanwhile every byte of well-behaved clients is checked, and none is lost. When all are gone, the
server holds as much memory as after the first minute, within 5 %, and no connection or descriptor
is left.
"""

import argparse
import multiprocessing
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from load import LOAD
from raw_client import HANDSHAKE, LOOPBACK, connect, frame, frames, opened
from server import Server
from tally import run_functions
from waiting import wait_for

QUICK_S = 20
SETTLED_S = 60
REST_S = 12  # a server gives free memory back every 10 s
GROWTH = 0.05
# how much more a short run may grow: it has seen fewer moments with much open at once
QUICK_SLACK_KIB = 1024

SLOW_READERS = 20
SLOW_MESSAGES = 32
SLOW_MESSAGE_BYTES = 65536
NARROW_BYTES = 16384
PAUSE_S = 0.02
HALF_OPEN = 400
TCP_REPAIR = 19  # <linux/tcp.h>
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

# Well-behaved clients: all of them must succeed.
LOADS = [
    ["--connections", "16"],
    ["--connections", "4", "--size", "100000", "--type", "multibyte"],
    ["--connections", "4", "--size", "3000", "--in-flight", "8", "--compress"],
    ["--connections", "8", "--churn"],
]


def read_slowly(port: int) -> None:
    """Sends faster than it reads, and gets everything back in the end."""
    peer = connect(port, NARROW_BYTES)
    opened(port, peer=peer)
    messages = frame(0x82, b"s" * SLOW_MESSAGE_BYTES) * SLOW_MESSAGES
    sender = threading.Thread(target=peer.sendall, args=(messages,), daemon=True)
    sender.start()
    got = 0
    pings: list[bytes] = []
    for first, payload in frames(peer):
        if first & 0x0F == 0x9:
            pings.append(payload)  # a Pong cannot interrupt a frame that is being sent
            continue
        assert payload.count(b"s") == len(payload), "a byte was altered"
        got += len(payload)
        while pings and not sender.is_alive():
            peer.sendall(frame(0x8A, pings.pop(0)))
        if got == SLOW_MESSAGES * SLOW_MESSAGE_BYTES:
            break
        time.sleep(PAUSE_S)
    assert got == SLOW_MESSAGES * SLOW_MESSAGE_BYTES, f"{got} bytes came back"
    sender.join()
    peer.close()


def slow_readers(port: int) -> None:
    threads: list[threading.Thread] = []
    while True:
        failures: list[str] = []

        def one() -> None:
            try:
                read_slowly(port)
            except (AssertionError, OSError) as problem:
                failures.append(str(problem))

        threads = [threading.Thread(target=one) for _ in range(SLOW_READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures, failures


def vanish(peer: socket.socket) -> bool:
    """Closes a socket without telling the other end. Returns whether that is permitted."""
    try:
        peer.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except PermissionError:
        return False
    peer.close()
    return True


def half_open(port: int) -> None:
    """Peers that answer no Ping: some are gone, some are silent, some have left echoes unread."""
    peers: list[socket.socket] = []
    for turn in range(1 << 30):
        peer = opened(port)
        if turn % 3 == 0 and vanish(peer):
            continue
        if turn % 3 == 1:
            peer.setblocking(False)
            try:
                while peer.send(frame(0x82, b"u" * SLOW_MESSAGE_BYTES)):
                    pass
            except BlockingIOError:
                pass
        peers.append(peer)
        if len(peers) > HALF_OPEN:
            peers.pop(0).close()
        time.sleep(PAUSE_S)


def aborts(port: int) -> None:
    """Resets connections at any point."""
    request = (HANDSHAKE + "\r\n").encode()
    message = frame(0x82, b"a" * 300_000)
    chance = random.Random(1)
    while True:
        peer = connect(port)
        try:
            if chance.random() < 0.3:
                peer.sendall(request[: chance.randrange(len(request))])
            else:
                opened(port, peer=peer)
                peer.sendall(message * chance.randrange(3) + message[: chance.randrange(300_000)])
        except OSError:
            pass
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        peer.close()
        time.sleep(PAUSE_S)


DISTURBERS: list[Callable[[int], None]] = [slow_readers, half_open, aborts]


def sample(server: Server, seconds: float, disturbers: list[multiprocessing.Process]) -> list[int]:
    """RSS each second, in KiB, while all disturbers run."""
    samples = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        samples.append(server.rss_kib())
        for disturber in disturbers:
            assert disturber.is_alive(), f"{disturber.name} met something that it did not expect"
    return samples


def storm(server: Server, seconds: int) -> list[int]:
    """Runs everything at once for a time. Returns samples of RSS, in KiB, if all succeeded."""
    disturbers = [
        multiprocessing.Process(target=what, args=(server.port,), daemon=True, name=what.__name__)
        for what in DISTURBERS
    ]
    loads = [
        subprocess.Popen([LOAD, *options, "--seconds", str(seconds), f"127.0.0.1:{server.port}"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for options in LOADS
    ]
    try:
        for disturber in disturbers:
            disturber.start()
        samples = sample(server, seconds, disturbers)
        for options, process in zip(LOADS, loads):
            said = process.communicate(timeout=60)[1]
            assert process.returncode == 0, f"{' '.join(options)}: {said}"
    finally:
        for disturber in disturbers:
            disturber.kill()
            disturber.join()
        for process in loads:
            process.kill()
            process.wait()
    return samples


def soak(seconds: int, settled_s: int, rest_s: int, slack_kib: int) -> None:
    server = Server({"address": LOOPBACK,
                     "echo": {"compression": "on", "ping-interval": 2, "pong-timeout": 4,
                              "write-timeout": 4}})
    descriptors = server.descriptors()
    samples = storm(server, settled_s)
    server.wait_empty()
    # compared at rest: under load it depends on what happens to be waiting
    time.sleep(rest_s)
    settled = server.rss_kib()
    samples += storm(server, seconds - settled_s)
    server.wait_empty()
    wait_for(lambda: server.rss_kib() <= settled * (1 + GROWTH) + slack_kib,
             lambda: f"memory has grown from {settled} KiB to {server.rss_kib()}")
    end = server.rss_kib()
    wait_for(lambda: server.descriptors() <= descriptors, "descriptors are left")
    figures = {
        name: server.metric(f"lws_echo_{name}_total")
        for name in ["connections", "received_messages", "pong_timeouts", "write_timeouts"]
    }
    server.stop()
    print(f"# {seconds} s: " + ", ".join(f"{key} {value:,}" for key, value in figures.items()))
    print("# RSS amid it, MiB: "
          + " ".join(f"{samples[i * (len(samples) - 1) // 10] / 1024:.1f}" for i in range(11)))
    print(f"# RSS at rest: {settled / 1024:.2f} MiB after {settled_s} s,"
          f" {end / 1024:.2f} MiB at the end")
    assert figures["pong_timeouts"] and figures["write_timeouts"], "nobody was dropped"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_S} s")
    arguments = parser.parse_args()
    if arguments.quick:
        return run_functions([("soak", lambda: soak(QUICK_S, QUICK_S * 2 // 5, 0, QUICK_SLACK_KIB))])
    if arguments.seconds <= SETTLED_S:
        parser.error(f"--seconds has to be more than {SETTLED_S}")
    return run_functions([("soak", lambda: soak(arguments.seconds, SETTLED_S, REST_S, 0))])


if __name__ == "__main__":
    sys.exit(main())
