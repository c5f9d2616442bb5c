"""A connection of the library websockets, with what the tests observe about it."""

import asyncio
import ssl
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import TypeVar

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Close

from messages import Message

PATIENCE_S = 60

T = TypeVar("T")

# Parameters of permessage-deflate
Offer = Mapping[str, bool | int | None]
DEFAULT_OFFER: Offer = MappingProxyType({})


async def patiently(awaitable: Awaitable[T]) -> T:
    """Waits for what must come, but not for ever."""
    return await asyncio.wait_for(awaitable, PATIENCE_S)


class Client(websockets.WebSocketClientProtocol):
    """Counts what arrives on the connection and notes the Pings that it answers."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.bytes_read = 0
        self.answered: asyncio.Queue[bytes] = asyncio.Queue()

    def data_received(self, data: bytes) -> None:
        self.bytes_read += len(data)
        super().data_received(data)

    async def pong(self, data: bytes = b"") -> None:
        await super().pong(data)
        self.answered.put_nowait(data)

    async def exchange(self, message: Message) -> tuple[Message, int]:
        """Returns the echo of a message and how many bytes it took to arrive."""
        before = self.bytes_read
        await patiently(self.send(message))
        echo = await patiently(self.recv())
        return echo, self.bytes_read - before

    async def drop(self) -> None:
        """Ends the connection without a closing handshake."""
        self.transport.abort()
        await patiently(self.wait_closed())

    async def close_without_code(self) -> None:
        """As close(), but with an empty Close, which close() does not offer."""
        await self.write_close_frame(Close(1005, ""), b"")
        await patiently(self.wait_closed())


def connect(
    url: str, offer: Offer | None = DEFAULT_OFFER, **options
) -> websockets.connect:
    """
    Connects when awaited or entered.

    Compression is offered with the parameters in offer; with None it is not.
    The level spares time.
    """
    if url.startswith("wss:"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        options["ssl"] = context
    if offer is not None:
        options["extensions"] = [
            ClientPerMessageDeflateFactory(**offer, compress_settings={"level": 1})
        ]
    return websockets.connect(
        url,
        create_protocol=Client,
        compression=None,
        max_size=None,
        ping_interval=None,
        open_timeout=PATIENCE_S,
        **options,
    )
