"""A client of HTTP/2 that sees frames and decides about credit itself (python3-h2)."""

import select
import socket
import ssl
from collections.abc import Callable

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

from raw_client import LOOPBACK, frame
from waiting import PATIENCE_S

READ_BYTES = 1 << 16
TEXT = 0x81
BINARY = 0x82
CLOSE = 0x88
PING = 0x89
PONG = 0x8A

Header = tuple[str, str]


class Stream:
    """A stream, and what has come on it."""

    def __init__(self, connection: "Connection", number: int) -> None:
        self.connection = connection
        self.number = number
        self.headers: dict[str, str] = {}
        self.data = bytearray()
        self.owed = 0  # bytes that came and were given no credit for
        self.ended = False
        self.reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers.get(":status", 0))

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None

    def send(self, data: bytes, end: bool = False, padding: int | None = None) -> None:
        """Sends all of @data as far as credit and frame size allow, and reads meanwhile."""
        connection = self.connection
        place = 0
        while place < len(data):
            room = min(
                connection.h2.local_flow_control_window(self.number),
                connection.h2.max_outbound_frame_size,
            ) - (padding + 1 if padding is not None else 0)
            if room <= 0:
                connection.read()
                continue
            piece = data[place : place + room]
            place += len(piece)
            connection.h2.send_data(
                self.number, piece, end and place == len(data), pad_length=padding
            )
            connection.flush()
        if end and not data:
            self.connection.h2.send_data(self.number, b"", True)
            self.connection.flush()

    def send_frame(self, first: int, payload: bytes = b"", **options) -> None:
        self.send(frame(first, payload), **options)

    def wait(self, size: int) -> None:
        """Reads until @size bytes have come, or the stream has ended."""
        self.connection.wait(lambda: len(self.data) >= size or self.over)

    def take(self, size: int) -> bytes:
        self.wait(size)
        taken = bytes(self.data[:size])
        del self.data[:size]
        return taken

    def take_frame(self) -> tuple[int, bytes]:
        """Takes a frame of a WebSocket: its first byte and its payload. (0, b"") at the end."""
        head = self.take(2)
        if len(head) < 2:
            return 0, b""
        size = head[1]
        if size >= 126:
            size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
        return head[0], self.take(size)

    def take_message(self) -> bytes:
        """Takes the frames of a message and returns their payload."""
        message = b""
        while True:
            first, payload = self.take_frame()
            assert first & 8 == 0 and (first or payload), f"frame {first:#x} in a message"
            message += payload
            if first & 0x80:
                return message

    def give(self, credit: int) -> None:
        self.connection.h2.increment_flow_control_window(credit, self.number)
        self.connection.flush()

    def reset_it(self, code: int = h2.errors.ErrorCodes.CANCEL) -> None:
        self.connection.h2.reset_stream(self.number, code)
        self.connection.flush()

    def wait_over(self) -> None:
        self.connection.wait(lambda: self.over)


class Connection:
    """A connection. With @gives every byte that comes is given credit for at once."""

    def __init__(
        self,
        port: int,
        *,
        window: int = 65535,
        frame_bytes: int = 16384,
        gives: bool = True,
        receive_bytes: int = 0,
        alpn: tuple[str, ...] = ("h2",),
    ) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        raw = socket.socket()
        raw.settimeout(PATIENCE_S)
        if receive_bytes:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.connect((LOOPBACK, port))
        self.socket = context.wrap_socket(raw)
        self.alpn = self.socket.selected_alpn_protocol()
        self.authority = f"localhost:{port}"
        self.gives = gives
        self.streams: dict[int, Stream] = {}
        self.pings: list[bytes] = []
        self.goaway: int | None = None
        self.open = True
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(
                header_encoding="utf-8", validate_outbound_headers=False,
                normalize_outbound_headers=False
            )
        )
        self.h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
                h2.settings.SettingCodes.MAX_FRAME_SIZE: frame_bytes,
            },
        )
        self.h2.initiate_connection()
        self.flush()
        settled: list[bool] = []
        self._on_settings = lambda: settled.append(True)
        self.wait(lambda: bool(settled))

    def flush(self) -> None:
        if data := self.h2.data_to_send():
            try:
                self.socket.sendall(data)
            except OSError:
                self.open = False

    def send_raw(self, data: bytes) -> None:
        """Sends bytes that h2 would not."""
        self.socket.sendall(data)

    def request(self, *headers: Header, end: bool = True) -> Stream:
        number = self.h2.get_next_available_stream_id()
        stream = self.streams[number] = Stream(self, number)
        self.h2.send_headers(number, list(headers), end)
        self.flush()
        return stream

    def get(self, path: str, method: str = "GET") -> Stream:
        stream = self.request(
            (":method", method), (":scheme", "https"), (":authority", self.authority),
            (":path", path),
        )  # fmt: skip
        stream.wait_over()
        return stream

    def begin(self, *more: Header, path: str = "/ws", **changes: str | None) -> Stream:
        """Begins a WebSocket (RFC 8441); @changes replace headers, or remove them by None."""
        headers: dict[str, str | None] = {
            ":method": "CONNECT",
            ":protocol": "websocket",
            ":scheme": "https",
            ":path": path,
            ":authority": self.authority,
            "sec-websocket-version": "13",
        }
        headers.update({name.replace("_", "-"): value for name, value in changes.items()})
        return self.request(*((n, v) for n, v in headers.items() if v is not None), *more, end=False)

    def websocket(self, *more: Header) -> Stream:
        stream = self.begin(*more)
        self.wait(lambda: stream.status != 0 or stream.over)
        assert stream.status == 200, f"{stream.headers} {stream.reset}"
        return stream

    def wait(self, holds: Callable[[], bool]) -> None:
        while not holds():
            assert self.open, f"the connection has ended, GOAWAY {self.goaway}"
            self.read()

    def is_quiet(self, quiet_s: float) -> bool:
        """Says whether nothing comes for a while. A slow machine can make this true, never false."""
        return not self.socket.pending() and not select.select([self.socket], [], [], quiet_s)[0]

    def read(self) -> None:
        """Reads once, and does what has come demands."""
        try:
            data = self.socket.recv(READ_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            self.open = False
            return
        for event in self.h2.receive_data(data):
            self._on_event(event)
        self.flush()

    def _on_event(self, event: h2.events.Event) -> None:
        stream = self.streams.get(getattr(event, "stream_id", None) or 0)
        if isinstance(event, h2.events.ResponseReceived) and stream:
            stream.headers = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived) and stream:
            stream.data += event.data
            if self.gives and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            else:
                stream.owed += event.flow_controlled_length
        elif isinstance(event, h2.events.StreamEnded) and stream:
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset) and stream:
            stream.reset = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
        elif isinstance(event, h2.events.PingAckReceived):
            self.pings.append(event.ping_data)
        elif isinstance(event, h2.events.RemoteSettingsChanged):
            self._on_settings()

    def wait_end(self) -> None:
        """Reads until the server ends the connection, whatever comes."""
        try:
            while self.socket.recv(READ_BYTES):
                pass
        except (ConnectionError, ssl.SSLZeroReturnError):
            pass
        self.open = False

    def close(self) -> None:
        self.socket.close()

