#!/usr/bin/python3
"""WebSockets on HTTP/2 (RFC 8441), frame by frame, against the real server. The last line counts the tests.

h2 itself fails a test if the server sends beyond its credit, or frames larger than it may.
"""

import re
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from h2.errors import ErrorCodes
from h2.settings import SettingCodes

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from http2_client import BINARY, CLOSE, PING, PONG, TEXT, Connection, Header, Stream
from messages import SEED, Random
from raw_client import MASK, frame
from server import BINARY as PROGRAM
from server import REPOSITORY, Server
from tally import run_unittest
from waiting import PATIENCE_S, wait_for

TLS = {"tls": "self-signed"}
HTTP2 = {**TLS, "http2": True}
MIB = 1 << 20
MESSAGE = frame(BINARY, bytes(4000))
CONTINUATION = 0x80
STREAMS = 100
FRAME_DATA = 0
FRAME_PING = 6
FRAME_HEADERS = 1
FRAME_CONTINUATION = 9
END_HEADERS = 4


def close_payload(code: int, reason: str = "") -> bytes:
    return struct.pack("!H", code) + reason.encode()


def http2_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def is_mended() -> bool:
    """Whether the server runs on the libwebsockets that it needs for this."""
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    return "+lws-echo" in done.stdout


def check(config: str) -> subprocess.CompletedProcess:
    """Has the server check a configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(config)
        file.flush()
        return subprocess.run(
            [PROGRAM, "-c", file.name, "--check"], capture_output=True, text=True, check=False
        )


class ServedTest(unittest.TestCase):
    """A group of tests that share a server."""

    config: dict = HTTP2
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(cls.config)
        cls.addClassCleanup(cls.server.stop)

    def connect(self, **options) -> Connection:
        connection = Connection(self.server.port, **options)
        self.addCleanup(connection.close)
        return connection

    def memory_kib(self) -> int:
        """Its memory; 0 with AddressSanitizer, which keeps what is freed."""
        maps = Path(f"/proc/{self.server.pid}/maps").read_text()
        return 0 if "libasan" in maps else self.server.rss_kib()

    def random(self, size: int) -> bytes:
        return Random(self.id()).randbytes(size)

    def assert_echo(self, stream: Stream, payload: bytes) -> None:
        stream.send_frame(BINARY, payload)
        self.assertEqual(stream.take_message(), payload)

    def assert_works(self, connection: Connection) -> None:
        """The connection still carries WebSockets."""
        stream = connection.websocket()
        self.assert_echo(stream, b"still there")
        stream.reset_it()

    def assert_closed(self, stream: Stream, code: int, reason: str | None = None) -> None:
        """A Close comes, and it is the end of the stream."""
        first, payload = stream.take_frame()
        self.assertEqual(first, CLOSE)
        self.assertEqual(struct.unpack("!H", payload[:2])[0], code)
        if reason is not None:
            self.assertEqual(payload[2:].decode(), reason)
        stream.wait_over()
        self.assertTrue(stream.ended)
        self.assertIn(stream.reset, (None, ErrorCodes.NO_ERROR))
        self.assertEqual(bytes(stream.data), b"")

    def open_count(self) -> int:
        """WebSockets that the server holds, asked over HTTP/2 itself."""
        connection = Connection(self.server.port)
        text = bytes(connection.get("/metrics").data).decode()
        connection.close()
        return int(re.search(r"^lws_echo_connections (\d+)", text, re.MULTILINE)[1])

    def wait_open(self, count: int) -> None:
        wait_for(lambda: self.open_count() == count, lambda: f"{self.open_count()} are open")


class ExactnessTest(ServedTest):
    def test_the_server_offers_websockets(self) -> None:
        connection = self.connect()
        self.assertEqual(connection.alpn, "h2")
        settings = connection.h2.remote_settings
        self.assertEqual(settings.get(SettingCodes.ENABLE_CONNECT_PROTOCOL), 1)
        self.assertEqual(settings.max_concurrent_streams, STREAMS)

    def test_messages_come_back_as_they_were(self) -> None:
        stream = self.connect().websocket()
        for size in (0, 1, 125, 126, 65535, 65536, MIB):
            with self.subTest(size):
                self.assert_echo(stream, self.random(size))

    def test_3_mib_at_windows_of_64_kib(self) -> None:
        for frame_bytes in (16384, MIB):
            with self.subTest(frame_bytes):
                stream = self.connect(frame_bytes=frame_bytes).websocket()
                self.assert_echo(stream, self.random(3 * MIB))

    def test_windows_of_any_size(self) -> None:
        for window, size in ((1, 300), (7, 5000), (100, 20000), (16383, MIB), (MIB, MIB)):
            with self.subTest(window):
                stream = self.connect(window=window).websocket()
                self.assert_echo(stream, self.random(size))

    def test_a_window_of_0_that_opens(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        payload = self.random(50_000)
        stream.send_frame(BINARY, payload)
        connection.h2.ping(b"01234567")
        connection.flush()
        connection.wait(lambda: bool(connection.pings))
        self.assertEqual(bytes(stream.data), b"")
        whole = 50_000 + 4
        for credit in (1, 1, 1000, 20_000):
            have = len(stream.data)
            stream.give(credit)
            stream.wait(have + credit)
            self.assertEqual(len(stream.data), have + credit)
        stream.give(MIB)
        stream.wait(whole)
        self.assertEqual(stream.take_message(), payload)

    def test_the_connections_window_holds_back_all_streams(self) -> None:
        connection = self.connect(window=MIB, gives=False)
        streams = [connection.websocket() for _ in range(3)]
        payload = self.random(40_000)
        for stream in streams:
            stream.send_frame(BINARY, payload)
        total = 3 * (40_000 + 4)
        connection.wait(lambda: sum(len(stream.data) for stream in streams) == 65535)
        self.assertTrue(connection.is_quiet(0.1))
        connection.h2.increment_flow_control_window(total)
        connection.flush()
        for stream in streams:
            self.assertEqual(stream.take_message(), payload)

    def test_a_window_that_becomes_negative(self) -> None:
        connection = self.connect(gives=False)
        stream = connection.websocket()
        stream.send_frame(BINARY, self.random(60_000))
        stream.wait(60_000 + 4)
        connection.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1000})
        stream.send_frame(BINARY, self.random(10_000))
        connection.h2.increment_flow_control_window(MIB)
        connection.flush()
        stream.give(60_000)
        self.assertEqual(len(stream.take_message()), 60_000)
        stream.give(10_000)
        self.assertEqual(stream.take_message(), self.random(10_000))

    def test_padding_is_not_payload(self) -> None:
        stream = self.connect().websocket()
        for padding in (0, 1, 255):
            with self.subTest(padding):
                payload = self.random(100_000)
                stream.send_frame(BINARY, payload, padding=padding)
                self.assertEqual(stream.take_message(), payload)

    def test_frames_cut_anywhere(self) -> None:
        stream = self.connect().websocket()
        bytes_ = frame(TEXT, b"Gr\xc3\xbc\xc3\x9fe") + frame(PING, b"p") + frame(BINARY, b"x" * 300)
        for size in (1, 3, 100):
            with self.subTest(size):
                for place in range(0, len(bytes_), size):
                    stream.send(bytes_[place : place + size])
                got: dict[int, bytes] = {}  # by the type of message
                kind = 0
                while sum(map(len, got.values())) < len("Grüße".encode()) + 1 + 300:
                    first, payload = stream.take_frame()
                    if first in (TEXT, BINARY) or first & 0x7F in (1, 2):
                        kind = first & 0xF
                    which = 10 if first == PONG else kind
                    got[which] = got.get(which, b"") + payload
                expected = {1: "Grüße".encode(), 2: b"x" * 300, 10: b"p"}
                self.assertEqual(got, expected)

    def test_many_small_messages_at_once(self) -> None:
        stream = self.connect().websocket()
        sent = [b"%d" % number for number in range(3000)]
        for payload in sent:
            stream.send_frame(TEXT, payload)
        self.assertEqual([stream.take_frame() for _ in sent], [(TEXT, payload) for payload in sent])

    def test_fragments_come_back_as_a_whole(self) -> None:
        stream = self.connect().websocket()
        large = self.random(100_000)
        stream.send_frame(BINARY & 0x7F, large[:70_000])
        stream.send_frame(PING, b"between")
        stream.send_frame(CONTINUATION, large[70_000:])
        message, pongs = b"", []
        while len(message) < len(large):
            first, payload = stream.take_frame()
            if first == PONG:
                pongs.append(payload)
            else:
                message += payload
        self.assertEqual(message, large)
        self.assertEqual(pongs or [stream.take_frame()[1]], [b"between"])


class BoundsTest(ServedTest):
    def fill(self, stream: Stream, connection: Connection) -> int:
        """Sends messages until the server gives no more credit. Returns how many bytes went."""
        sent = 0
        while sent < 64 * MIB:
            while connection.h2.local_flow_control_window(stream.number) < len(MESSAGE):
                # the answer to a PING comes after all credit that was on its way
                answers = len(connection.pings)
                connection.h2.ping(b"credit?!")
                connection.flush()
                connection.wait(lambda: len(connection.pings) > answers)
                if connection.h2.local_flow_control_window(stream.number) < len(MESSAGE):
                    return sent
            stream.send(MESSAGE)
            sent += len(MESSAGE)
        self.fail("the server takes any amount")

    def test_a_peer_that_gives_no_credit_gets_none(self) -> None:
        connection = self.connect(gives=False)
        stream = connection.websocket()
        other = connection.websocket()
        before = self.memory_kib()
        sent = self.fill(stream, connection)
        self.assertLess(sent, MIB)
        self.assertLess(self.memory_kib() - before, 4096)
        # other streams go on; their credit is that of the connection, which this client gives
        connection.h2.increment_flow_control_window(MIB)
        connection.flush()
        other.send_frame(TEXT, b"other")
        self.assertEqual(other.take_frame(), (TEXT, b"other"))
        # all comes back in the end
        connection.h2.increment_flow_control_window(2 * sent)
        stream.give(2 * sent)
        for _ in range(sent // len(MESSAGE)):
            self.assertEqual(stream.take_frame(), (BINARY, bytes(4000)))

    def test_100_peers_without_credit(self) -> None:
        connection = self.connect(window=0, gives=False)
        streams = [connection.websocket() for _ in range(STREAMS)]
        before = self.memory_kib()
        for stream in streams:
            self.fill(stream, connection)
        self.assertLess(self.memory_kib() - before, 64 * 1024)

    def test_small_frames_do_not_need_more_memory(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        stream.send_frame(BINARY, bytes(40_000))
        before = self.memory_kib()
        stream.send(bytes([BINARY, 0xFE]) + struct.pack("!H", 20_000) + MASK)
        for _ in range(20_000):
            stream.send(b"x")
        self.assertLess(self.memory_kib() - before, 4096)
        connection.h2.increment_flow_control_window(MIB)
        stream.give(MIB)
        self.assertEqual(stream.take_message(), bytes(40_000))
        self.assertEqual(stream.take_message(), b"x" * 20_000)

    def test_a_peer_beyond_its_credit_is_refused(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        self.fill(stream, connection)
        data = http2_frame(FRAME_DATA, 0, stream.number, bytes(16384))
        for _ in range(16):
            try:
                connection.send_raw(data)
            except OSError:
                break
        while connection.open:
            connection.read()
        self.assertEqual(connection.goaway, ErrorCodes.FLOW_CONTROL_ERROR)

    def test_100_streams_are_served_alike(self) -> None:
        connection = self.connect(window=MIB, gives=False)
        streams = [connection.websocket() for _ in range(STREAMS)]
        size = 60_000
        whole = size + 4
        payload = self.random(size)
        for stream in streams:
            stream.send_frame(BINARY, payload)
        # credit for half of it all, which the streams share
        connection.h2.increment_flow_control_window(STREAMS * whole // 2)
        connection.flush()
        given = 65535 + STREAMS * whole // 2
        connection.wait(lambda: sum(len(stream.data) for stream in streams) == given)
        shares = sorted(len(stream.data) for stream in streams)
        self.assertGreater(shares[0], 0)
        connection.h2.increment_flow_control_window(STREAMS * whole)
        connection.flush()
        for stream in streams:
            self.assertEqual(stream.take_message(), payload)

    def test_a_peer_that_does_not_read_costs_no_time(self) -> None:
        connection = self.connect(receive_bytes=4096)
        connection.websocket()
        connection.socket.settimeout(1)
        pings = http2_frame(FRAME_PING, 0, 0, b"01234567") * 1000
        before = self.memory_kib()
        with self.assertRaises(OSError):  # in the end nothing more is taken
            for _ in range(20_000):
                connection.send_raw(pings)
        self.assertLess(self.memory_kib() - before, 4096)
        used = self.server.cpu_s()
        connection.socket.settimeout(0.5)
        with self.assertRaises(OSError):
            for _ in range(20_000):
                connection.send_raw(pings)
        self.assertLess(self.server.cpu_s() - used, 0.3)

    def assert_survives(self, *headers: Header) -> None:
        """Whether they are taken or end the connection, the server goes on."""
        connection = self.connect()
        connection.begin(*headers)
        connection.h2.ping(b"01234567")
        connection.flush()
        while connection.open and not connection.pings:
            connection.read()
        connection.close()

    def test_headers_up_to_their_limit_and_beyond(self) -> None:
        sizes = [*range(4010, 4080), 4096, 5000, 20_000]  # those of the others add up to some 50
        for name in ("cookie", "origin", "x-unknown"):
            for size in sizes:
                with self.subTest(f"{name} {size}"):
                    self.assert_survives((name, "a" * (size - 10)), (name, "b" * 10))
        self.assert_works(self.connect())

    def test_as_many_headers_as_can_be_held_and_more(self) -> None:
        for count in [*range(70, 120), 200]:
            with self.subTest(count):
                self.assert_survives(*[("cookie", "a")] * count, ("x-a", "b"), ("x-c", "d"))
        self.assert_works(self.connect())

    def test_headers_without_an_end(self) -> None:
        connection = self.connect()
        number = connection.h2.get_next_available_stream_id()
        field = b"\x00\x07x-never\x7f\x81\x7e" + bytes([97]) * 16256  # neither known nor indexed
        connection.send_raw(http2_frame(FRAME_HEADERS, 0, number, field))
        with self.assertRaises(OSError):
            for _ in range(1000):
                connection.send_raw(http2_frame(FRAME_CONTINUATION, 0, number, field))
        self.assert_works(self.connect())

    def test_integers_without_an_end(self) -> None:
        for start in (b"\xff", b"\x7f", b"\x0f", b"\x3f", b"\x00\x7f", b"\x00\xff"):
            with self.subTest(start.hex()):
                connection = self.connect()
                number = connection.h2.get_next_available_stream_id()
                block = start + b"\x80" * 20 + b"\x01"
                connection.send_raw(http2_frame(FRAME_HEADERS, END_HEADERS, number, block))
                connection.wait_end()
        self.assert_works(self.connect())

    def test_the_header_table_may_shrink_to_nothing(self) -> None:
        connection = self.connect()
        self.assert_works(connection)
        connection.h2.encoder.header_table_size = 0
        self.assert_works(connection)
        connection.h2.encoder.header_table_size = 4096
        self.assert_works(connection)
        self.assert_works(connection)

    def test_an_index_into_an_emptied_header_table(self) -> None:
        connection = self.connect()
        self.assert_works(connection)
        number = connection.h2.get_next_available_stream_id()
        # the size 0, then the latest entry that there was
        headers = http2_frame(FRAME_HEADERS, END_HEADERS, number, b"\x20\xbe")
        connection.send_raw(headers)
        while connection.open:
            connection.read()
        self.assertIn(connection.goaway, (None, ErrorCodes.COMPRESSION_ERROR))
        self.assert_works(self.connect())


class EndsTest(ServedTest):
    config = {**HTTP2, "echo": {"max-message": 3 * MIB}}

    def test_a_close_is_answered_and_the_stream_ends(self) -> None:
        connection = self.connect()
        for code, reason in ((1000, "bye"), (3000, ""), (4999, "Grüße")):
            with self.subTest(code):
                stream = connection.websocket()
                stream.send_frame(CLOSE, close_payload(code, reason))
                self.assert_closed(stream, code, reason)

    def test_a_close_without_code_is_answered_with_1000(self) -> None:
        stream = self.connect().websocket()
        stream.send_frame(CLOSE)
        self.assert_closed(stream, 1000)

    def test_a_close_that_ends_the_stream(self) -> None:
        stream = self.connect().websocket()
        stream.send_frame(CLOSE, close_payload(1000), end=True)
        self.assert_closed(stream, 1000)

    def test_a_close_follows_all_echoes(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        payload = self.random(50_000)
        stream.send_frame(BINARY, payload)
        stream.send_frame(CLOSE, close_payload(1000))
        stream.give(MIB)
        connection.h2.increment_flow_control_window(MIB)
        connection.flush()
        self.assertEqual(stream.take_message(), payload)
        self.assert_closed(stream, 1000)

    def test_errors_of_the_peer(self) -> None:
        rows = {
            "an unknown opcode": (frame(0x83, b""), 1002),
            "RSV1": (frame(0xC1, b""), 1002),
            "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
            "text that is not UTF-8": (frame(TEXT, b"\xff"), 1007),
            "a message that is too big": (frame(BINARY, bytes(3 * MIB + 1))[:2000], 1009),
            "a Close with a bad code": (frame(CLOSE, close_payload(999)), 1002),
        }
        connection = self.connect()
        for name, (data, code) in rows.items():
            for more in (b"", bytes(15_000)):
                with self.subTest(f"{name}, {len(more)} bytes more"):
                    stream = connection.websocket()
                    self.assert_echo(stream, b"before")
                    stream.send(data + more)
                    self.assert_closed(stream, code)
                    self.assert_works(connection)

    def test_an_error_in_the_middle_of_a_frame(self) -> None:
        """What follows of the same HTTP/2 frame is for nobody, and the next frame is understood."""
        connection = self.connect()
        stream = connection.websocket()
        data = http2_frame(FRAME_DATA, 0, stream.number, frame(0x83, b"") + bytes(16_000))
        connection.send_raw(data[:50])
        self.assert_closed(stream, 1002)
        connection.send_raw(data[50:])
        self.assert_works(connection)

    def test_a_reset_by_the_peer_is_the_end(self) -> None:
        connection = self.connect()
        for _ in range(3 * STREAMS):  # more than there may be at once
            stream = connection.websocket()
            stream.send_frame(TEXT, b"x")
            stream.reset_it()
        self.wait_open(0)
        self.assert_works(connection)

    def test_the_end_of_the_peers_side_is_the_end(self) -> None:
        connection = self.connect()
        stream = connection.websocket()
        stream.send_frame(TEXT, b"last words", end=True)
        self.assertEqual(stream.take_frame(), (TEXT, b"last words"))
        stream.wait_over()
        self.assertTrue(stream.ended)
        self.wait_open(0)
        self.assert_works(connection)

    def test_the_end_of_the_peers_side_after_much(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        payload = self.random(100_000)
        stream.send_frame(BINARY, payload, end=True)
        stream.give(MIB)
        connection.h2.increment_flow_control_window(MIB)
        connection.flush()
        self.assertEqual(stream.take_message(), payload)
        stream.wait_over()
        self.assertTrue(stream.ended)

    def test_data_behind_the_end_is_ignored(self) -> None:
        connection = self.connect()
        stream = connection.websocket()
        stream.send_frame(CLOSE, close_payload(1000))
        self.assert_closed(stream, 1000)
        connection.send_raw(http2_frame(FRAME_DATA, 0, stream.number, bytes(16384)) * 3)
        self.assert_works(connection)

    def test_a_goaway_of_the_peer_ends_all(self) -> None:
        connection = self.connect()
        for _ in range(3):
            connection.websocket()
        self.wait_open(3)
        connection.h2.close_connection()
        connection.flush()
        while connection.open:
            connection.read()
        self.wait_open(0)

    def test_a_lost_connection_ends_all(self) -> None:
        connection = self.connect()
        for _ in range(3):
            connection.websocket().send_frame(BINARY, bytes(100_000))
        connection.close()
        self.wait_open(0)

    def test_a_stream_may_end_within_a_frame_of_another(self) -> None:
        connection = self.connect()
        stream = connection.websocket()
        other = connection.websocket()
        payload = self.random(10_000)
        data = http2_frame(FRAME_DATA, 0, stream.number, frame(BINARY, payload))
        other.send_frame(CLOSE, close_payload(1000))
        connection.send_raw(data[:5000])
        self.assert_closed(other, 1000)
        connection.send_raw(data[5000:])
        self.assertEqual(stream.take_message(), payload)

    def test_pings_of_one_stream_and_the_close_of_another(self) -> None:
        connection = self.connect()
        streams = [connection.websocket() for _ in range(20)]
        for number, stream in enumerate(streams):
            if number % 2:
                connection.h2.send_data(stream.number, frame(PING, b"ping"))
            else:
                connection.h2.send_data(stream.number, frame(CLOSE, close_payload(1000)))
        connection.flush()
        for number, stream in enumerate(streams):
            with self.subTest(number):
                if number % 2:
                    self.assertEqual(stream.take_frame(), (PONG, b"ping"))
                    self.assert_echo(stream, b"still there")
                else:
                    self.assert_closed(stream, 1000)


class HandshakeTest(ServedTest):
    config = {
        **HTTP2,
        "echo": {"subprotocols": ["chat", "echo.v2"], "allowed-origins": ["https://good.example"]},
    }

    def test_refusals(self) -> None:
        rows = {
            "another path": ({":path": "/other"}, 404),
            "another version": ({"sec-websocket-version": "8"}, 426),
            "no version": ({"sec-websocket-version": None}, 426),
            "another origin": ({"origin": "https://bad.example"}, 403),
            "no authority": ({":authority": None}, 400),
            "malformed subprotocols": ({"sec-websocket-protocol": "a,,;"}, 400),
            "a body": ({"content-length": "5"}, 400),
        }
        connection = self.connect()
        for name, (changes, status) in rows.items():
            with self.subTest(name):
                stream = connection.begin(**changes)
                stream.wait_over()
                self.assertEqual(stream.status, status)
                self.assertTrue(stream.ended)
                self.assertEqual(int(stream.headers["content-length"]), len(stream.data))
                # the client does not know yet, and sends
                connection.send_raw(http2_frame(FRAME_DATA, 0, stream.number, frame(TEXT, b"x")))
                self.assert_works(connection)

    def test_426_says_which_version(self) -> None:
        stream = self.connect().begin(sec_websocket_version="8")
        stream.wait_over()
        self.assertEqual(stream.headers["sec-websocket-version"], "13")
        self.assertNotIn("upgrade", stream.headers)

    def test_other_protocols_are_no_websocket(self) -> None:
        connection = self.connect()
        stream = connection.begin(**{":protocol": "other"})
        stream.wait_over()
        self.assertGreaterEqual(stream.status, 400)
        self.assert_works(connection)

    def test_the_first_known_subprotocol_is_chosen(self) -> None:
        rows = [("x, echo.v2, chat", "echo.v2"), ("chat", "chat"), ("x, y", None), (None, None)]
        connection = self.connect()
        for offered, chosen in rows:
            with self.subTest(offered):
                more = [("sec-websocket-protocol", offered)] if offered else []
                stream = connection.websocket(*more)
                self.assertEqual(stream.headers.get("sec-websocket-protocol"), chosen)
                self.assert_echo(stream, b"x")

    def test_an_allowed_origin_is_welcome(self) -> None:
        self.assert_echo(self.connect().websocket(("origin", "https://good.example")), b"x")


class CompressionTest(ServedTest):
    config = {**HTTP2, "log-level": "info", "echo": {"compression": "on"}}

    def test_it_is_not_agreed_on(self) -> None:
        stream = self.connect().websocket(("sec-websocket-extensions", "permessage-deflate"))
        self.assertNotIn("sec-websocket-extensions", stream.headers)
        self.assert_echo(stream, b"x" * 1000)
        stream.send_frame(0xC1, b"*I\x05\x00")  # compressed
        self.assert_closed(stream, 1002)
        self.assertIn("compression=off", self.server.log())


class LimitsTest(ServedTest):
    config = {**HTTP2, "echo": {"max-connections": 3}}

    def test_each_stream_counts(self) -> None:
        connection = self.connect()
        streams = [connection.websocket() for _ in range(3)]
        refused = connection.begin()
        refused.wait_over()
        self.assertEqual(refused.status, 503)
        streams[0].reset_it()
        self.wait_open(2)
        self.assert_works(connection)


class AddressLimitsTest(ServedTest):
    config = {**HTTP2, "log-level": "info", "echo": {"max-connections-per-address": 2}}

    def test_each_stream_counts(self) -> None:
        connection = self.connect()
        for _ in range(2):
            connection.websocket()
        refused = connection.begin()
        refused.wait_over()
        self.assertEqual(refused.status, 429)
        self.assertIn("reason=max-connections-per-address status=429", self.server.log())
        self.assertIn("peer=127.0.0.1", self.server.log())


class LogTest(ServedTest):
    config = {**HTTP2, "log-level": "info", "log-format": "json"}

    def test_each_stream_has_its_line(self) -> None:
        connection = self.connect()
        stream = connection.websocket()
        self.assert_echo(stream, b"12345")
        stream.send_frame(CLOSE, close_payload(1000))
        self.assert_closed(stream, 1000)
        connection.websocket().reset_it()
        wait_for(lambda: '"code":1006' in self.server.log(), "the reset is not logged")
        self.assertIn('"code":1000', self.server.log())
        self.assertIn('"received_bytes":5,"sent_messages":1,"sent_bytes":5', self.server.log())


class KeepAliveTest(ServedTest):
    config = {**HTTP2, "echo": {"ping-interval": 1, "pong-timeout": 1}}

    def test_a_silent_stream_gets_pings_and_others_stay(self) -> None:
        connection = self.connect()
        silent = connection.websocket()
        lively = connection.websocket()
        first, payload = silent.take_frame()
        self.assertEqual(first, PING)
        while not silent.over:
            first, payload = lively.take_frame()
            self.assertEqual(first, PING)
            lively.send_frame(PONG, payload)
        self.assert_echo_despite_pings(lively)

    def assert_echo_despite_pings(self, stream: Stream) -> None:
        stream.send_frame(TEXT, b"still there")
        while True:
            first, payload = stream.take_frame()
            if first != PING:
                break
            stream.send_frame(PONG, payload)
        self.assertEqual((first, payload), (TEXT, b"still there"))


class WriteTimeoutTest(ServedTest):
    config = {**HTTP2, "echo": {"write-timeout": 1}}

    def test_a_stream_without_credit_is_dropped_and_others_stay(self) -> None:
        connection = self.connect(window=0, gives=False)
        stream = connection.websocket()
        stream.send_frame(BINARY, bytes(1000))
        stream.wait_over()
        self.assertEqual(stream.reset, ErrorCodes.CANCEL)
        self.wait_open(0)
        other = connection.websocket()
        other.send_frame(TEXT, b"x")
        other.give(100)
        self.assertEqual(other.take_frame(), (TEXT, b"x"))


class StopTest(unittest.TestCase):
    def test_all_streams_get_1001(self) -> None:
        server = Server(HTTP2)
        connection = Connection(server.port)
        streams = [connection.websocket() for _ in range(10)]
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        for stream in streams:
            first, payload = stream.take_frame()
            self.assertEqual((first, payload[:2]), (CLOSE, close_payload(1001)))
            stream.send_frame(CLOSE, payload)
            stream.wait_over()
        connection.close()
        stopping.join()


class PageTest(ServedTest):
    PAGE = (REPOSITORY / "mount-origin/index.html").read_bytes()

    def test_the_page_comes_whole(self) -> None:
        connection = self.connect()
        for file in sorted((REPOSITORY / "mount-origin").iterdir()):
            if file.is_file():
                with self.subTest(file.name):
                    answer = connection.get(f"/{file.name}")
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(bytes(answer.data), file.read_bytes())

    def test_documents_and_methods(self) -> None:
        connection = self.connect()
        rows = [
            ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("POST", "/healthz", 405),
            ("GET", "/info.json", 200), ("GET", "/metrics", 200), ("GET", "/none", 404),
        ]  # fmt: skip
        for method, path, status in rows:
            with self.subTest(f"{method} {path}"):
                answer = connection.get(path, method)
                self.assertEqual(answer.status, status)
                self.assertEqual(bool(answer.data), method != "HEAD")
        self.assert_works(connection)

    def test_a_body_that_nobody_waits_for(self) -> None:
        """It is answered before it has come, in the middle of a frame, and then goes on."""
        connection = self.connect()
        for path in ("/healthz", "/none", "/"):
            for extra in ([], [("content-length", "30000")]):
                with self.subTest(f"{path} {extra}"):
                    stream = connection.request(
                        (":method", "POST"), (":scheme", "https"), (":path", path),
                        (":authority", connection.authority), *extra, end=False,
                    )  # fmt: skip
                    data = http2_frame(FRAME_DATA, 0, stream.number, bytes(10_000)) * 3
                    for place in range(0, len(data), 7000):
                        connection.send_raw(data[place : place + 7000])
                        connection.h2.ping(b"01234567")
                    stream.wait_over()
        self.assert_works(connection)

    def test_pages_beside_a_websocket(self) -> None:
        connection = self.connect()
        stream = connection.websocket()
        for _ in range(50):
            self.assert_echo(stream, b"x")
            self.assertEqual(bytes(connection.get("/").data), self.PAGE)

    def test_h2load_loses_nothing(self) -> None:
        done = subprocess.run(
            ["h2load", "-n", "2000", "-c", "4", "-m", "10", self.server.url],
            capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        )  # fmt: skip
        self.assertIn("2000 succeeded, 0 failed, 0 errored, 0 timeout", done.stdout)

    def test_nghttp_gets_the_page(self) -> None:
        done = subprocess.run(
            ["nghttp", "--no-verify-peer", self.server.url],
            capture_output=True, timeout=PATIENCE_S, check=True,
        )  # fmt: skip
        self.assertEqual(done.stdout, self.PAGE)

    def test_http_1_1_is_still_there(self) -> None:
        connection_alpn = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}", "-alpn", "http/1.1"],
            capture_output=True, text=True, input="", timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        self.assertIn("ALPN protocol: http/1.1", connection_alpn.stdout)


class OptionTest(unittest.TestCase):
    def test_it_needs_tls(self) -> None:
        done = check('{\n  "http2": true\n}')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(':2: "http2": needs "tls"', done.stderr)

    def test_it_takes_true_or_false(self) -> None:
        done = check('{"tls": "self-signed", "http2": "yes"}')
        self.assertIn('"http2": a string is not true or false', done.stderr)
        self.assertEqual(check('{"http2": false}').returncode, 0)

    def test_it_is_off_by_default(self) -> None:
        server = Server(TLS)
        self.addCleanup(server.stop)
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-alpn", "h2,http/1.1"],
            capture_output=True, text=True, input="", timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        self.assertIn("ALPN protocol: http/1.1", done.stdout)


class OtherLibraryTest(unittest.TestCase):
    def test_it_needs_the_mended_library(self) -> None:
        done = check('{"tls": "self-signed",\n"http2": true}')
        self.assertEqual(done.returncode == 0, is_mended())
        if not is_mended():
            self.assertIn(':2: "http2": needs the libwebsockets that script/lws builds', done.stderr)


def main() -> int:
    print(f"SEED={SEED}", flush=True)
    if not is_mended() and len(sys.argv) == 1:
        sys.argv += ["OptionTest", "OtherLibraryTest"]  # there is nothing else to test
    return run_unittest()


if __name__ == "__main__":
    sys.exit(main())
