#!/usr/bin/python3
"""Python's websockets as an echo server."""

import argparse
import asyncio
import signal
import ssl

import websockets

HOST = "127.0.0.1"


async def echo(connection: websockets.WebSocketServerProtocol) -> None:
    async for message in connection:
        await connection.send(message)


async def serve(options: argparse.Namespace) -> None:
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    compression = "deflate" if options.compress else None
    server = await websockets.serve(
        echo, HOST, 0, ssl=context, compression=compression, max_size=None
    )
    port = server.sockets[0].getsockname()[1]
    print(f"websockets is ready: {HOST}:{port}", flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compress", action="store_true")
    parser.add_argument("--cert", metavar="FILE")
    parser.add_argument("--key", metavar="FILE")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
