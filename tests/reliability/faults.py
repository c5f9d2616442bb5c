#!/usr/bin/python3
"""What happens around a server: networks that are cut, workers that are killed, clocks that jump."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from raw_client import LOOPBACK, frame, frames, opened
from server import Server
from tally import Skipped, run_functions
from waiting import wait_for

FAKETIME = f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1"
CLONE_NEWNET = 0x40000000
WORKERS = 3
CONNECTIONS = 60


def echo(peer: socket.socket, text: bytes) -> None:
    peer.sendall(frame(0x82, text))
    came = next(messages(peer), None)
    assert came == text, f"{came!r} came back for {text!r}"


def messages(peer: socket.socket) -> Iterator[bytes]:
    """Yields whole messages as they come; answers Pings in between."""
    message = b""
    for first, payload in frames(peer):
        if first & 0x0F == 0x9:
            peer.sendall(frame(0x8A, payload))
            continue
        message += payload
        if first & 0x80:
            yield message
            message = b""


# A worker is killed


def worker_by_port(server: Server) -> dict[int, int]:
    """Maps the port of each connection to its worker."""
    ports = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{server.port:04X}"):
            ports[fields[9]] = int(fields[2].rpartition(":")[2], 16)
    found = {}
    for pid in server.workers():
        for file in Path(f"/proc/{pid}/fd").iterdir():
            inode = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(file))
            if inode and inode.group(1) in ports:
                found[ports[inode.group(1)]] = pid
    return found


def a_killed_worker_costs_only_its_own() -> None:
    server = Server({"address": LOOPBACK, "workers": WORKERS})
    peers = [opened(server.port) for _ in range(CONNECTIONS)]
    owners = worker_by_port(server)
    victim = owners[peers[0].getsockname()[1]]
    others = [peer for peer in peers if owners[peer.getsockname()[1]] != victim]
    assert others, "all connections are one worker's"
    stop = threading.Event()
    failures: list[str] = []
    rounds = [0] * len(others)

    def go_on(index: int) -> None:
        try:
            while not stop.is_set():
                echo(others[index], os.urandom(3000))
                rounds[index] += 1
        except (AssertionError, OSError) as problem:
            failures.append(str(problem))

    threads = [threading.Thread(target=go_on, args=(i,)) for i in range(len(others))]
    for thread in threads:
        thread.start()
    wait_for(lambda: min(rounds) > 5, "the echoes do not come")
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(server.workers()) == WORKERS and victim not in server.workers(),
             "there is no new worker")
    wait_for(lambda: server.metric("lws_echo_processes") == WORKERS, "it does not serve")
    before = list(rounds)
    wait_for(lambda: all(now > then + 5 for now, then in zip(rounds, before)),
             "the echoes do not go on")
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures
    lost = [peer for peer in peers if peer not in others]
    for peer in lost:
        try:
            assert not peer.recv(100), "a killed worker has said something"
        except ConnectionResetError:
            pass
    wait_for(lambda: server.metric("lws_echo_connections") == len(others), "miscounted")
    assert server.metric('lws_echo_closed_connections_total{code="1006"}') == len(lost)
    for peer in [opened(server.port) for _ in range(CONNECTIONS)]:
        echo(peer, b"new")
        peer.close()
    for peer in others:
        peer.close()
    server.stop()


# A network is cut


@contextmanager
def network() -> Iterator[str]:
    """Makes two connected network namespaces: this process moves into one, the server into the other.

    Yields the name of the other.
    """
    name = f"lws-echo-{os.getpid()}"
    try:
        ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET)
        for command in [
            ["ip", "netns", "add", name],
            ["ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", name],
            ["ip", "address", "add", "192.0.2.1/30", "dev", "here"],
            ["ip", "link", "set", "here", "up"],
            ["ip", "netns", "exec", name, "ip", "address", "add", "192.0.2.2/30", "dev", "there"],
            ["ip", "netns", "exec", name, "ip", "link", "set", "there", "up"],
        ]:
            subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise Skipped(f"no network namespace can be made here ({problem})") from problem
    try:
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


def link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "here", state], check=True)


def in_a_network(what: Callable[[str, str], None]) -> None:
    """Runs a function in a child process, so that this process keeps its network."""
    pid = os.fork()
    if pid:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status == 77:
            raise Skipped("no network namespaces: root is needed, and a system that allows it")
        assert status == 0, "see above"
        return
    status = 1
    try:
        with network() as name, tempfile.TemporaryDirectory() as directory:
            what(name, directory)
        status = 0
    except Skipped as why:
        print(f"# {why}", flush=True)
        status = 77
    except BaseException as problem:  # only one process may go on as the parent
        print(f"# {problem!r}", flush=True)
    os._exit(status)


def serve_in(name: str, directory: str, **echo_options: object) -> Server:
    return Server({"address": "192.0.2.2", "admin": f"unix:{directory}/admin", "echo": echo_options},
                  prefix=["ip", "netns", "exec", name], host="192.0.2.2")


def keep_sending(peers: list[socket.socket], stop: threading.Event) -> None:
    for peer in peers:
        peer.setblocking(False)
    while not stop.wait(0.001):
        for peer in peers:
            try:
                peer.send(frame(0x82, bytes(1000)))
            except OSError:
                pass


def cut_off(name: str, directory: str) -> None:
    server = serve_in(name, directory, **{"ping-interval": 1, "pong-timeout": 1,
                                          "write-timeout": 4})
    before = server.descriptors()
    peers = [opened(server.port, host=server.host) for _ in range(CONNECTIONS)]
    stop = threading.Event()
    sender = threading.Thread(target=keep_sending, args=(peers[: CONNECTIONS // 2], stop))
    sender.start()
    wait_for(lambda: server.metric("lws_echo_received_messages_total") > 1000, "nothing comes")
    link("down")
    wait_for(lambda: not server.metric("lws_echo_connections"), "connections are left")
    dropped = server.metric("lws_echo_pong_timeouts_total")
    dropped += server.metric("lws_echo_write_timeouts_total")
    assert dropped == CONNECTIONS, f"{dropped} of {CONNECTIONS} were dropped for it"
    wait_for(lambda: server.descriptors() <= before, "descriptors are left")
    stop.set()
    sender.join()
    server.stop()


def come_back(name: str, directory: str) -> None:
    server = serve_in(name, directory, **{"ping-interval": 1, "pong-timeout": 60})
    peers = [opened(server.port, host=server.host) for _ in range(CONNECTIONS)]
    for turn in range(3):
        data = [os.urandom(20_000) for _ in peers]
        link("down")
        for peer, payload in zip(peers, data):
            peer.sendall(frame(0x82, payload))
        time.sleep(turn / 2)  # how long the network is cut
        link("up")
        for peer, payload in zip(peers, data):
            assert next(messages(peer)) == payload, "an echo was altered"
    assert server.metric("lws_echo_connections") == CONNECTIONS
    for peer in peers:
        peer.close()
    server.stop()


def who_is_cut_off_is_dropped() -> None:
    in_a_network(cut_off)


def who_comes_back_has_lost_nothing() -> None:
    in_a_network(come_back)


# A clock jumps


def jumps_of_the_clock_change_nothing_but_the_log() -> None:
    if not os.path.exists(FAKETIME):
        raise Skipped("libfaketime is not installed")
    with tempfile.TemporaryDirectory() as directory:
        offset = Path(directory) / "offset"
        offset.write_text("+0\n")
        server = Server(
            {"address": LOOPBACK, "log-level": "info",
             "echo": {"ping-interval": 1, "pong-timeout": 10}},
            environment={"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(offset),
                         "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"},
        )
        peer = opened(server.port)
        pings = frames(peer)
        for jump in ["+10d", "-10d", "+0"]:
            offset.write_text(f"{jump}\n")
            opened(server.port).close()
            began = time.monotonic()
            for _ in range(2):
                first, payload = next(pings)
                assert first == 0x89, "it was no Ping"
                peer.sendall(frame(0x8A, payload))
            # two intervals of 1 s; the first may have begun earlier
            assert time.monotonic() - began > 0.5, "Pings have come too early"
        used = server.cpu_s()
        time.sleep(1)
        assert server.cpu_s() - used < 0.5, "it is busy although it has nothing to do"
        days = {line[:10] for line in server.log().splitlines() if "connection closed" in line}
        assert len(days) >= 3, f"the log has only {days}"
        peer.close()
        wait_for(lambda: not server.metric("lws_echo_connections"), "connections are left")
        server.stop()


TESTS: list[Callable[[], None]] = [
    a_killed_worker_costs_only_its_own,
    who_is_cut_off_is_dropped,
    who_comes_back_has_lost_nothing,
    jumps_of_the_clock_change_nothing_but_the_log,
]

if __name__ == "__main__":
    sys.exit(run_functions([(test.__name__.replace("_", " "), test) for test in TESTS]))
