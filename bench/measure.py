"""Runs the load generator, and the rounds of a workload."""

import json
import subprocess

from failure import Dropouts, Failure, ServerFailure
from machine import Cores, prepare_process
from servers import BUILD, Server
from workloads import Load, Workload

ECHO_LOAD = BUILD / "release/bench/echo-load"
# The load generator gives up by itself when nothing comes; this is for when it hangs.
CLIENT_TIMEOUT_S = 600


def client_command(server: Server, options: list[str]) -> list[str]:
    way = ["--raw"] if server.kind.raw else ["--path", server.kind.path]
    pids = [part for pid in server.pids for part in ("--server-pid", str(pid))]
    return [str(ECHO_LOAD), *way, *pids, *options, server.address]


def run_load(server: Server, options: list[str], cores: Cores, where: str) -> dict:
    """Runs the load generator once. Returns what it reports."""
    command = client_command(server, options)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CLIENT_TIMEOUT_S,
            preexec_fn=lambda: prepare_process(cores.for_client),
        )
    except subprocess.TimeoutExpired as error:
        text = f"{where}, {server.kind.name}: no end in {CLIENT_TIMEOUT_S} s"
        raise ServerFailure(text) from error
    except OSError as error:
        raise Failure(f"{command[0]} does not start: {error.strerror}") from error
    server.check_alive(where)
    if done.returncode != 0:
        raise ServerFailure(f"{where}, {server.kind.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def timed(server: Server, workload: Workload, load: Load, seconds: float, cores: Cores) -> dict:
    options = [*load.options(workload.variant), "--seconds", str(seconds)]
    return run_load(server, options, cores, workload.title)


def rotated(items: list, by: int) -> list:
    by %= len(items)
    return items[by:] + items[:by]


def run_rounds(
    workload: Workload,
    servers: dict[str, Server],
    rounds: int,
    seconds: float,
    cores: Cores,
    dropouts: Dropouts,
) -> dict[str, list[tuple[dict, dict | None]]]:
    """Measures the servers in turns, each round in another order.

    Returns for each server that did not fail its samples, round by round; with each that of the
    workload's base, measured directly before it or after it.
    """
    samples: dict[str, list] = {name: [] for name in servers}
    for number in range(rounds):
        for name in rotated(list(servers), number):
            if name in dropouts:
                continue
            loads = [workload.load] + ([workload.base] if workload.base else [])
            order = rotated(loads, number)
            with dropouts.guarding(name):
                found = {
                    load: timed(servers[name], workload, load, seconds, cores) for load in order
                }
                samples[name].append((found[workload.load], found.get(workload.base)))
            if name in dropouts:
                servers[name].stop()  # what it still does would take time from the others
    return {name: found for name, found in samples.items() if name not in dropouts}
