"""A client on a raw socket, which may do what the protocol forbids."""

import socket
import struct
from collections.abc import Iterator

from waiting import PATIENCE_S

LOOPBACK = "127.0.0.1"

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
MASK = b"\0\0\0\0"


def connect(port: int, receive_bytes: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A connection, with a receive buffer of its own size if @receive_bytes is not 0."""
    peer = socket.socket()
    peer.settimeout(PATIENCE_S)
    if receive_bytes:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    peer.connect((host, port))
    return peer


def opened(port: int, headers: str = "", peer: socket.socket | None = None,
           host: str = LOOPBACK) -> socket.socket:
    """A connection, or @peer, after its handshake."""
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
    """Yields the frames as they come: first byte and payload."""
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
