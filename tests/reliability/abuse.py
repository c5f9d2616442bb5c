#!/usr/bin/python3
"""Attacks a real server and measures what well-behaved clients notice.

Each attack runs in a process of its own. Meanwhile 64 clients exchange messages, and every byte is
checked; afterwards the server must work as before. --table prints the measurements as Markdown.
No time is asserted, as times depend on the machine.
"""

import argparse
import multiprocessing
import resource
import select
import signal
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from load import load
from raw_client import DEFLATE, HANDSHAKE, LOOPBACK, MASK, connect, frame, frames, opened
from server import Server

LOG_MAX_BYTES = 100_000
CONNECTIONS = 64
BYTE_S = 0.5
UNFINISHED = 5000
FRAGMENTS = 1_000_000


def exchange_for_ever(peers: list[socket.socket], data: bytes, reads: bool = True) -> None:
    """Sends the same bytes repeatedly, as fast as the server takes them."""
    for peer in peers:
        peer.setblocking(False)
    alive = list(peers)
    while alive:
        moved = False
        for peer in list(alive):
            try:
                peer.send(data)
                moved = True
            except BlockingIOError:
                pass
            except OSError:
                alive.remove(peer)
            try:
                while reads and peer.recv(65536):
                    moved = True
            except BlockingIOError:
                pass
            except OSError:
                pass
        if not moved and alive:
            select.select(alive if reads else [], alive, [])
    signal.pause()


# The attacks: each goes on until it is killed.


def slow_handshakes(port: int) -> None:
    """200 connections send a byte of their handshake now and then."""
    peers = [connect(port) for _ in range(200)]
    for byte in (HANDSHAKE + "\r\n").encode():
        for peer in peers:
            try:
                peer.send(bytes([byte]))
            except OSError:
                pass
        time.sleep(BYTE_S)


def unfinished_handshakes(port: int) -> None:
    """5,000 connections at a time never finish their handshake; dropped ones come again."""
    peers: list[socket.socket] = []
    while True:
        peers.append(connect(port))
        peers[-1].sendall(HANDSHAKE.encode())
        if len(peers) > UNFINISHED:
            peers.pop(0).close()


def endless_headers(port: int) -> None:
    """Headers without an end."""
    while True:
        peer = connect(port)
        try:
            peer.sendall(HANDSHAKE.encode() + b"X-Long: ")
            for _ in range(1000):
                peer.sendall(b"a" * 1024)
        except OSError:
            pass
        peer.close()


def impossible_lengths(port: int) -> None:
    """Frames of 2^63 bytes and more."""
    for turn in range(1 << 30):
        peer = opened(port)
        length = b"\xff" * 8 if turn % 2 else b"\x7f" + b"\xff" * 7
        peer.sendall(b"\x82\xff" + length + MASK + b"x" * 1000)
        if turn % 2:
            answer = peer.recv(100)
            assert answer[:1] == b"\x88" and answer[2:4] == b"\x03\xea", answer
        peer.close()


def ping_flood(port: int) -> None:
    exchange_for_ever([opened(port) for _ in range(8)], frame(0x89, b"x" * 125) * 100)


def tiny_fragments(port: int) -> None:
    """Fragments of a byte, without end."""
    peers = [opened(port) for _ in range(8)]
    for peer in peers:
        peer.sendall(frame(0x02, b"x"))
    exchange_for_ever(peers, frame(0x00, b"x") * 1000)


def a_million_fragments(port: int) -> None:
    """Messages of a million one-byte fragments, which come back unchanged."""
    while True:
        peer = opened(port)
        fragments = frame(0x02, b"x") + frame(0x00, b"x") * (FRAGMENTS - 2) + frame(0x80, b"x")
        sender = threading.Thread(target=peer.sendall, args=(fragments,), daemon=True)
        sender.start()
        payload = bytearray()
        for first, piece in frames(peer):
            assert first & 0x0F == (0 if payload else 2), "a fragment's type was altered"
            payload += piece
            if first & 0x80:
                break
        assert payload == b"x" * FRAGMENTS, "a fragment was lost or altered"
        sender.join()
        peer.close()


def bombs(port: int) -> None:
    """Messages of 60 KB that inflate to 60 MB."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(bytes(60 << 20)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    exchange_for_ever([opened(port, DEFLATE) for _ in range(4)], frame(0xC2, bomb[:-4]))


def never_reading(port: int) -> None:
    """100 connections send as much as the server takes, and read nothing."""
    peers = [opened(port) for _ in range(100)]
    exchange_for_ever(peers, frame(0x82, b"x" * 10000), reads=False)


def rude_requests(port: int) -> None:
    """Requests made to be misunderstood. None may reach a file outside the page, or hang."""
    requests = [
        b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /..%2f..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /js/..\\..\\..\\etc\\passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%252e%252e/%252e%252e/%252e%252e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /js/%2e./%2e./%2e./%2e./%2e./%2e./etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a/../../../../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /index.html%00.js HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\nSSH-2.0-x\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /etc/passwd HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n"
        b"GET /etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tfolded: z\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\nGET /etc/passwd HTTP/1.1\nHost: a\n\n",
        (HANDSHAKE + "Content-Length: 30\r\n\r\n").encode()
        + b"GET /etc/passwd HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    ]
    while True:
        for request in requests:
            peer = connect(port)
            response = b""
            try:
                peer.sendall(request)
                peer.shutdown(socket.SHUT_WR)
                while piece := peer.recv(65536):
                    response += piece
            except ConnectionResetError:
                pass
            peer.close()
            assert b"root:" not in response, request
            assert b"SSH" not in response, request


ATTACKS: list[Callable[[int], None]] = [
    slow_handshakes,
    unfinished_handshakes,
    endless_headers,
    impossible_lengths,
    ping_flood,
    tiny_fragments,
    a_million_fragments,
    bombs,
    never_reading,
    rude_requests,
]


def measure(server: Server, seconds: float) -> dict:
    return load(server.port, "--connections", str(CONNECTIONS), "--seconds", str(seconds))


def attack(server: Server, how: Callable[[int], None], seconds: float) -> tuple[dict, float]:
    attacker = multiprocessing.Process(target=how, args=(server.port,), daemon=True)
    attacker.start()
    try:
        measure(server, seconds)  # lets the attack build up; nothing may be lost yet either
        sample = measure(server, seconds)
        rss = server.rss_kib() / 1024
        assert attacker.is_alive(), "the attacker has met something that it did not expect"
    finally:
        attacker.kill()
        attacker.join()
    server.wait_empty()
    return sample, rss


def row(name: str, sample: dict, rss: float, quiet: dict) -> str:
    p99 = sample["latency_us"]["p99"]
    ratio = p99 / quiet["latency_us"]["p99"]
    return (f"| {name} | {sample['per_second']:,.0f} | {p99 / 1000:.2f} | {ratio:.1f} |"
            f" {rss:.1f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1, help="of each attack (default 1)")
    parser.add_argument("--table", action="store_true", help="print what was measured as Markdown")
    arguments = parser.parse_args()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    failed = 0
    server = Server({"address": LOOPBACK, "echo": {"compression": "on"}})
    quiet = measure(server, arguments.seconds)
    rows = [row("none", quiet, server.rss_kib() / 1024, quiet)]
    for how in ATTACKS:
        name = how.__name__.replace("_", " ")
        try:
            sample, rss = attack(server, how, arguments.seconds)
            rows.append(row(name, sample, rss, quiet))
            print(f"ok {name}", flush=True)
        except (AssertionError, OSError) as problem:
            failed += 1
            print(f"not ok {name}: {problem}", flush=True)
    server.stop()
    assert len(server.log()) < LOG_MAX_BYTES, "the log has grown without a limit"
    if arguments.table:
        print("| attack | messages a second of the others | their p99, ms | to quiet | RSS, MiB |")
        print("|---|---:|---:|---:|---:|")
        print("\n".join(rows))
    print(f"{len(ATTACKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
