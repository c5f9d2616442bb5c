"""Installs what is missing and builds the servers and the load generator."""

import os
import subprocess
import sys
from pathlib import Path

from failure import Failure
from machine import REPOSITORY
from servers import LWS_ECHO, MINIMAL, DISTRO, Kind, missing_program

SCRIPTS = REPOSITORY / "script"


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run_quietly(command: list[str]) -> str:
    """Runs a command in the repository. Returns what it printed; shows all of it if it fails."""
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise Failure(f"{command[0]} failed, see above")
    return done.stdout


def bootstrap() -> None:
    done = subprocess.run([SCRIPTS / "bootstrap", "bench"], cwd=REPOSITORY, stdout=sys.stderr)
    if done.returncode != 0:
        raise Failure("script/bootstrap failed, see above")


def build_preset(preset: str, *definitions: str) -> None:
    say(f"building ({preset})")
    run_quietly(["cmake", "--preset", preset, *definitions])
    run_quietly(["cmake", "--build", "--preset", preset])


def build_release() -> None:
    """Our server, the load generator and the raw TCP echo."""
    build_preset("release", "-DBUILD_TESTING=ON")


def build_distribution() -> None:
    build_preset("distribution", "-DBUILD_TESTING=OFF")


def build_minimal_echo() -> None:
    """libwebsockets' minimal echo, unchanged, against the distribution's library."""
    source = Path(run_quietly([str(SCRIPTS / "lws"), "--source"]).strip())
    directory = source / "minimal-examples/ws-server/minimal-ws-server-echo"
    flags = run_quietly(["pkg-config", "--cflags", "--libs", "libwebsockets"]).split()
    LWS_ECHO.parent.mkdir(parents=True, exist_ok=True)
    file = str(directory / "minimal-ws-server-echo.c")
    say("building (libwebsockets' minimal echo)")
    run_quietly([os.environ.get("CC", "cc"), "-O2", "-o", str(LWS_ECHO), file, *flags])


def build_all(kinds: list[Kind], directory: Path) -> tuple[list[Kind], list[str]]:
    """Builds what the servers need.

    Returns those that can take part, and a line on each that cannot.
    """
    builders = {DISTRO: build_distribution, MINIMAL: build_minimal_echo}
    build_release()
    able, notes = [], []
    for kind in kinds:
        try:
            if builder := builders.get(kind.name):
                builder()
        except Failure as failure:
            notes.append(f"{kind.name} is left out: {failure}")
            continue
        if program := missing_program(kind, directory):
            notes.append(f"{kind.name} is left out: no program {program}")
            continue
        able.append(kind)
    return able, notes
