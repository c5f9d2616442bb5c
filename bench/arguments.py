"""The command line of script/bench."""

import argparse
import math
from pathlib import Path

from machine import REPOSITORY
from servers import KINDS, Kind, further_kind
from workloads import WORKLOADS, names

ROUNDS = 5
SECONDS = 1.0
OUTPUT = REPOSITORY / "build/bench"


def positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of 1 or more')
    return int(text)


def duration(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f'"{text}" is not a time above 0 and up to 3600 seconds')
    return seconds


def one_of(known: list[str], what: str, text: str) -> list[str]:
    """The names in a comma-separated list, each checked, in the order of `known`."""
    chosen = text.split(",")
    for name in chosen:
        if name not in known:
            raise argparse.ArgumentTypeError(f'no {what} "{name}"; known: {", ".join(known)}')
    return [name for name in known if name in chosen]


def workload_names(text: str) -> list[str]:
    return one_of(names(), "workload", text)


def peer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value or "," in name:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


def describe_all() -> str:
    """What --list prints."""
    lines = ["workloads (connections x messages in flight on each):"]
    lines += [f"  {workload.name:<11} {workload.title}" for workload in WORKLOADS]
    lines += [f"  {names()[-1]:<11} what idle connections cost", "servers:"]
    lines += [f"  {kind.name:<11} {kind.title}" for kind in KINDS]
    return "\n".join(lines)


def parse(argv: list[str]) -> argparse.Namespace:
    """Reads the command line; exits with status 2 if it is wrong.

    `kinds` of the result are the servers to measure.
    """
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures lws-echo beside other echo servers. Installs and builds first.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--quick", action="store_true", help="a test: only our server, only what can be counted"
    )
    parser.add_argument(
        "--rounds", type=positive, default=ROUNDS, metavar="N", help="default %(default)s"
    )
    parser.add_argument(
        "--seconds",
        type=duration,
        default=SECONDS,
        metavar="S",
        help="length of each measurement; default %(default)s",
    )
    parser.add_argument(
        "--only", type=workload_names, default=names(), metavar="WORKLOAD[,..]", help="see --list"
    )
    parser.add_argument("--servers", metavar="NAME[,..]", help="see --list; default is all")
    parser.add_argument(
        "--no-distro", action="store_true", help="without the distribution's libwebsockets"
    )
    parser.add_argument(
        "--peer",
        type=peer,
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="a further server; {port} stands for the port it must use",
    )
    parser.add_argument(
        "--peer-path",
        type=peer,
        action="append",
        default=[],
        metavar="NAME=/PATH",
        help="where that server echoes; default /",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=OUTPUT,
        metavar="DIR",
        help="where results.md and results.json go; default build/bench",
    )
    parser.add_argument("--list", action="store_true", help="name workloads and servers")
    options = parser.parse_args(argv)
    try:
        options.kinds = choose_kinds(options)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    return options


def choose_kinds(options: argparse.Namespace) -> list[Kind]:
    paths = dict(options.peer_path)
    peers = dict(options.peer)
    built_in = [kind.name for kind in KINDS]
    for name in peers:
        if name in built_in:
            raise argparse.ArgumentTypeError(f'--peer: "{name}" is already the name of a server')
    for name, path in paths.items():
        if name not in peers:
            raise argparse.ArgumentTypeError(f'--peer-path: no --peer is named "{name}"')
        if not path.startswith("/"):
            raise argparse.ArgumentTypeError(f'--peer-path: "{path}" does not begin with "/"')
    for name, command in peers.items():
        if "{port}" not in command:
            raise argparse.ArgumentTypeError(f'--peer: no {{port}} in the command of "{name}"')
    kinds = [
        *KINDS,
        *(further_kind(name, command, paths.get(name, "/")) for name, command in peers.items()),
    ]
    if options.servers is None:
        chosen = [kind.name for kind in kinds]
    else:
        chosen = one_of([kind.name for kind in kinds], "server", options.servers)
    return [kind for kind in kinds if kind.name in chosen]
