#!/usr/bin/python3
"""Python's websockets against the real server. The last line counts the tests."""

import asyncio
import logging
import sys
import unittest
from collections.abc import Sequence
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).parents[1] / "kit/python"))

from messages import KINDS, SEED, Message, Random, difference, message_of
from server import Server
from tally import run_unittest
from websockets_client import DEFAULT_OFFER, Client, Offer, connect, patiently

SIZES = [0, 1, 2, 125, 126, 127, 65535, 65536, 2**20, 2**24]
CONTEXT = message_of("random binary", 8192)


class ServedTest(unittest.IsolatedAsyncioTestCase):
    """A group of tests that share a server."""

    config: dict = {}
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(cls.config)
        cls.addClassCleanup(cls.server.stop)

    async def connect(self, offer: Offer | None = DEFAULT_OFFER, **options) -> Client:
        client = await connect(self.server.socket_url, offer, **options)
        self.addAsyncCleanup(client.drop)
        return client

    def assert_echo(self, received: Message, sent: Message, name: str = "the message") -> None:
        if what := difference(received, sent):
            self.fail(f"{name}: {what}")

    async def exchange_all(self, client: Client, messages: list[Message]) -> None:
        async def send() -> None:
            for message in messages:
                await patiently(client.send(message))

        async def receive() -> list[Message]:
            return [await patiently(client.recv()) for _ in messages]

        _, echoes = await asyncio.gather(send(), receive())
        for number, (echo, message) in enumerate(zip(echoes, messages), 1):
            self.assert_echo(echo, message, f"message {number} of {len(messages)}")


class EveryServer:
    """What holds with TLS and without, with compression and without."""

    async def test_messages_come_back_as_they_were(self) -> None:
        for kind in KINDS:
            for size in SIZES:
                with self.subTest(f"{size} bytes of {kind}"):
                    client = await self.connect()
                    message = message_of(kind, size)
                    echo, _ = await client.exchange(message)
                    self.assert_echo(echo, message)

    async def test_200_messages_do_not_wait_for_their_echoes(self) -> None:
        client = await self.connect()
        await self.exchange_all(client, Random("200 messages").messages(200))

    async def test_8_clients_at_the_same_time(self) -> None:
        async def run(index: int) -> None:
            client = await self.connect()
            await self.exchange_all(client, Random(f"client {index}").messages(50))

        await asyncio.gather(*(run(index) for index in range(8)))

    async def test_fragments_come_back_as_a_whole(self) -> None:
        large = message_of("random binary", 100_000)
        rows = {
            "text": list("Grüße 🌍"),
            "binary": [b"\1\2", b"\3", b"\4\5\6"],
            "empty ones among them": [b"", b"\1", b"", b"\2", b""],
            "nothing but empty ones": ["", "", ""],
            "large ones": [large[:70_000], large[70_000:]],
        }
        for name, fragments in rows.items():
            with self.subTest(name):
                client = await self.connect()
                message = type(fragments[0])().join(fragments)
                echo, _ = await client.exchange(fragments)
                self.assert_echo(echo, message)
                await self.exchange_all(client, [message_of("repetitive text", 1000)])

    async def test_a_close_is_answered_with_the_same(self) -> None:
        rows = [(1000, "bye"), (3000, ""), (4999, "Grüße 🌍")]
        for code, reason in rows:
            with self.subTest(f"{code} {reason}"):
                client = await self.connect()
                await client.close(code, reason)
                self.assert_clean(client, code, reason)

    async def test_a_close_without_code_is_answered_with_1000(self) -> None:
        client = await self.connect()
        await client.close_without_code()
        self.assert_clean(client, 1000, "")

    async def test_a_ping_is_answered_with_its_payload(self) -> None:
        for payload in (b"", b"ping", b"p" * 125):
            with self.subTest(f"{len(payload)} bytes"):
                client = await self.connect()
                pong = await client.ping(payload)
                await patiently(pong)

    def assert_clean(self, client: Client, code: int, reason: str) -> None:
        self.assertIsNotNone(client.close_rcvd, "no Close came back")
        self.assertFalse(client.close_rcvd_then_sent)
        self.assertEqual((client.close_code, client.close_reason), (code, reason))


class UncompressedServer(EveryServer):
    """What holds without compression at the server."""

    async def test_compression_is_offered_in_vain(self) -> None:
        client = await self.connect()
        message = message_of("repetitive text", 65536)
        echo, wire_bytes = await client.exchange(message)
        self.assertEqual(client.extensions, [])
        self.assert_echo(echo, message)
        self.assertGreater(wire_bytes, 65536)


class CompressedServer(EveryServer):
    """What holds with compression at the server."""

    remembers = True

    # Whether a message of 8 KiB is still remembered when it comes again: always where both sides
    # can, never where the server must not. Where only the server could, both are right (None): it
    # may send back what the client has compressed.
    OFFERS = {
        "nothing but the extension": ({"client_max_window_bits": None}, True),
        "the defaults": ({}, True),
        "no context of the server": ({"server_no_context_takeover": True}, False),
        "no context of the client": ({"client_no_context_takeover": True}, None),
        "no context of either": (
            {"server_no_context_takeover": True, "client_no_context_takeover": True},
            False,
        ),
        "a server window of 15": ({"server_max_window_bits": 15}, True),
        "a server window of 14": ({"server_max_window_bits": 14}, True),
        "a server window of 10": ({"server_max_window_bits": 10}, False),
        "a server window of 9": ({"server_max_window_bits": 9}, False),
        "a client window of 15": ({"client_max_window_bits": 15}, True),
        "a client window of 9": ({"client_max_window_bits": 9}, None),
        "windows of different sizes": (
            {"server_max_window_bits": 14, "client_max_window_bits": 10},
            None,
        ),
        "everything": (
            {
                "server_no_context_takeover": True,
                "client_no_context_takeover": True,
                "server_max_window_bits": 12,
                "client_max_window_bits": 11,
            },
            False,
        ),
    }

    async def test_compression_is_negotiated(self) -> None:
        client = await self.connect()
        self.assertEqual([each.name for each in client.extensions], ["permessage-deflate"])

    async def test_compression_need_not_be_offered(self) -> None:
        client = await self.connect(None)
        self.assertEqual(client.extensions, [])
        await self.exchange_all(client, [message_of("repetitive text", 65536)])

    async def test_compressible_messages_come_back_small(self) -> None:
        for kind in ("repetitive text", "repetitive binary"):
            with self.subTest(kind):
                client = await self.connect()
                message = message_of(kind, 65536)
                echo, wire_bytes = await client.exchange(message)
                self.assert_echo(echo, message)
                self.assertLess(wire_bytes, 6554)

    async def test_the_parameters_of_an_offer_are_kept(self) -> None:
        for name, (offer, remembers) in self.OFFERS.items():
            with self.subTest(name):
                client = await self.connect(offer)
                self.assertEqual(len(client.extensions), 1, "the server declined")
                echoes, wire_bytes = zip(*[await client.exchange(CONTEXT) for _ in range(3)])
                for echo in echoes:
                    self.assert_echo(echo, CONTEXT)
                await self.exchange_all(client, Random(name).messages(20))
                if not self.remembers:
                    self.assert_remembers(wire_bytes, False)
                elif remembers is not None:
                    self.assert_remembers(wire_bytes, remembers)

    def assert_remembers(self, wire_bytes: Sequence[int], expected: bool) -> None:
        for repeated in wire_bytes[1:]:
            what = f"{repeated} bytes on the wire for 8192 repeated"
            self.assertEqual(repeated < 1024, expected, what)

    # websockets itself checks the other parameters of the answer against its offer.
    async def test_the_answer_says_whether_the_server_remembers(self) -> None:
        client = await self.connect()
        answer = client.response_headers["Sec-WebSocket-Extensions"]
        self.assertEqual("server_no_context_takeover" not in answer, self.remembers, answer)


class PlainTest(UncompressedServer, ServedTest):
    config = {}


class TlsTest(UncompressedServer, ServedTest):
    config = {"tls": "self-signed"}


class PlainCompressedTest(CompressedServer, ServedTest):
    config = {"echo": {"compression": "on"}}


class TlsCompressedTest(CompressedServer, ServedTest):
    config = {"tls": "self-signed", "echo": {"compression": "on"}}


class PlainCompressedAloneTest(CompressedServer, ServedTest):
    config = {"echo": {"compression": "no-context-takeover"}}
    remembers = False


class KeepAliveTest(unittest.IsolatedAsyncioTestCase):
    async def answer_pings(self, config: dict) -> None:
        echo = {**config.get("echo", {}), "ping-interval": 1, "pong-timeout": 1}
        server = Server({**config, "echo": echo})
        self.addCleanup(server.stop)
        async with connect(server.socket_url) as client:
            for _ in range(3):
                await patiently(client.answered.get())
            await client.exchange(b"still there")

    async def test_pings_of_the_server_are_answered(self) -> None:
        groups = (PlainTest, TlsTest, PlainCompressedTest, TlsCompressedTest)
        outcomes = await asyncio.gather(
            *(self.answer_pings(group.config) for group in groups), return_exceptions=True
        )
        for group, outcome in zip(groups, outcomes):
            with self.subTest(group.__name__):
                if outcome:
                    raise outcome


class Subprotocols:
    async def test_the_first_known_one_is_chosen(self) -> None:
        rows = [
            (["x", "echo.v2", "chat"], "echo.v2"),
            (["chat"], "chat"),
            (["x", "y"], None),
            (None, None),
        ]
        for offered, chosen in rows:
            with self.subTest(f"{offered}"):
                client = await self.connect(subprotocols=offered)
                self.assertEqual(client.subprotocol, chosen)
                await self.exchange_all(client, [message_of("random text", 100)])


class PlainSubprotocolsTest(Subprotocols, ServedTest):
    config = {"echo": {"subprotocols": ["chat", "echo.v2"]}}


class TlsSubprotocolsTest(Subprotocols, ServedTest):
    config = {"tls": "self-signed", **PlainSubprotocolsTest.config}


class Origins:
    async def test_an_allowed_origin_or_none_is_welcome(self) -> None:
        for origin in ("http://good.example", None):
            with self.subTest(f"{origin}"):
                client = await self.connect(origin=origin)
                await self.exchange_all(client, [message_of("random text", 100)])

    async def test_another_origin_is_refused(self) -> None:
        for origin in ("http://bad.example", "https://good.example", "http://good.example:81"):
            with self.subTest(origin):
                with self.assertRaises(websockets.InvalidStatusCode) as caught:
                    await self.connect(origin=origin)
                self.assertEqual(caught.exception.status_code, 403)


class PlainOriginsTest(Origins, ServedTest):
    config = {"echo": {"allowed-origins": ["http://good.example"]}}


class TlsOriginsTest(Origins, ServedTest):
    config = {"tls": "self-signed", **PlainOriginsTest.config}


def main() -> int:
    print(f"SEED={SEED}", flush=True)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # unittest has it warn of slow steps
    return run_unittest()


if __name__ == "__main__":
    sys.exit(main())
